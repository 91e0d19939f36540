"""Implements `ports.SymbolAnalysis` for Python with jedi, in a process that is killed when it takes too long."""

import asyncio
import json
import logging
import os
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from typing import Any

from tercet_server.ports import CodePosition, CodeRoot, DefinitionSite, Occurrences

LOG = logging.getLogger(__name__)

WORKER = ("-P", "-m", "tercet_server.context.symbols.jedi_worker")

IDLE_S = 300.0
"""A process that nobody asks is ended: it holds about 100 MB."""

LINE_BYTES = 64 * 1024 * 1024

_SUFFIXES = (".py", ".pyi", ".pyw")
_ENVIRONMENT = ("SYSTEMROOT", "PATH", "LANG", "LC_ALL", "TMPDIR", "TEMP")


class JediAnalysis:
    """Answers one question at a time. `cache` is a folder for what jedi has parsed; it may be deleted at any time."""

    def __init__(self, cache: Path) -> None:
        self._cache = cache
        self._turn = asyncio.Lock()
        self._process: asyncio.subprocess.Process | None = None
        self._rest: asyncio.TimerHandle | None = None

    def understands(self, path: str) -> bool:
        return path.endswith(_SUFFIXES)

    async def definitions(self, code: CodeRoot, place: CodePosition, deadline_s: float) -> list[DefinitionSite] | None:
        answer = await self._ask("definitions", code, asdict(place), deadline_s)
        return None if answer is None else [DefinitionSite(**each) for each in answer]

    async def same(
        self, code: CodeRoot, targets: Sequence[DefinitionSite], occurrences: Sequence[Occurrences], deadline_s: float
    ) -> list[list[bool | None]]:
        question = {
            "targets": [(each.path, each.line, each.character) for each in targets],
            "occurrences": [asdict(each) for each in occurrences],
        }
        answer: list[list[bool | None]] | None = await self._ask("same", code, question, deadline_s)
        return answer or [[None] * len(each.positions) for each in occurrences]

    async def close(self) -> None:
        """Ends the process."""
        if self._rest is not None:
            self._rest.cancel()
        await self._kill()

    # -- the process ------------------------------------------------------------------------------------------------

    async def _ask(self, operation: str, code: CodeRoot, question: Mapping[str, Any], deadline_s: float) -> Any:
        """The answer; None if it failed or took too long."""
        asked = {
            "operation": operation,
            "root": str(code.root),
            "import_paths": list(code.import_paths),
            "deadline_s": deadline_s,
            **question,
        }
        line = await asyncio.to_thread(lambda: json.dumps(asked).encode() + b"\n")
        try:
            async with asyncio.timeout(deadline_s), self._turn:
                return await self._exchange(line)
        except TimeoutError:
            LOG.info("jedi was stopped: no answer about %s within %g s", operation, deadline_s)
            return None

    async def _exchange(self, line: bytes) -> Any:
        goes_on = False
        try:
            process = await self._running()
            assert process.stdin is not None
            assert process.stdout is not None
            process.stdin.write(line)
            await process.stdin.drain()
            reply = await process.stdout.readline()
            said = json.loads(reply) if reply else {"last": True}
            goes_on = not said["last"]
            return _answer_of(said)
        except (OSError, ValueError) as error:
            LOG.warning("jedi broke down: %s", error)
            return None
        finally:
            if not goes_on:
                await self._kill()
            self._rest_later()

    async def _running(self) -> asyncio.subprocess.Process:
        if self._process is None or self._process.returncode is not None:
            await asyncio.to_thread(self._cache.mkdir, parents=True, exist_ok=True)
            self._process = await asyncio.create_subprocess_exec(
                sys.executable,
                *WORKER,
                str(self._cache),
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.DEVNULL,
                cwd=self._cache,
                env={name: os.environ[name] for name in _ENVIRONMENT if name in os.environ} | {"PYTHONUTF8": "1"},
                limit=LINE_BYTES,
            )
        return self._process

    async def _kill(self) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        with suppress(ProcessLookupError):
            process.kill()
        await process.wait()

    def _rest_later(self) -> None:
        loop = asyncio.get_running_loop()
        if self._rest is not None:
            self._rest.cancel()
        self._rest = loop.call_later(IDLE_S, self._end_idle)

    def _end_idle(self) -> None:
        """Without waiting: the event loop reaps the process."""
        if self._process is not None and not self._turn.locked():
            with suppress(ProcessLookupError):
                self._process.kill()


def _answer_of(said: Mapping[str, Any]) -> Any:
    if "error" in said:
        LOG.info("jedi does not know: %s", said["error"])
    return said.get("answer")

"""A large code base of plain files, and how quick an editor's code actions stay while the daemon indexes it."""

import asyncio
import random
import statistics
import time
from pathlib import Path
from typing import Any

from tercet_shared.client import DaemonClient
from tercet_shared.context import IndexState
from tercet_shared.discovery import ensure_daemon
from tercet_shared.ids import workspace_id

from benchmarks.lsp_process import ServerProcess
from benchmarks.report import Number

FILE_LINES = 500
EDIT_EVERY = 5

LIGHT_BULB, MENU = 2, 1
"""Why an editor asks for code actions: the cursor has moved, or the user wants to pick one (refactorings among them)."""

_SYLLABLES = ("ba", "ce", "di", "gu", "ha", "je", "ki", "lo", "mu", "na", "pe", "qui", "ro", "su", "ta", "ve")


def write_tree(root: Path, lines: int, seed: int = 7) -> None:
    """Modules with classes, functions that call each other, words and documentation, about `lines` lines of Python."""
    randomly = random.Random(seed)
    names = ["".join(randomly.choices(_SYLLABLES, k=3)) for _ in range(4000)]
    for number in range(lines // FILE_LINES):
        folder = root / f"package_{number % 40}"
        folder.mkdir(exist_ok=True)
        (folder / f"module_{number}.py").write_text(_module(number, names, randomly))


def _module(number: int, names: list[str], randomly: random.Random) -> str:
    parts = [f"from package_{randomly.randrange(40)} import {randomly.choice(names)}\n\n"]
    while sum(part.count("\n") for part in parts) < FILE_LINES:
        name, *words = randomly.choices(names, k=9)
        called = "\n".join(
            f"    {word} = {other}({word!r}, {number})" for word, other in zip(words[:4], words[4:], strict=True)
        )
        parts.append(
            f'def {name}_{number}({words[0]}, {words[1]}):\n    """{" ".join(words)}."""\n{called}\n    return {words[0]}\n\n\n'
        )
    return "".join(parts)


def code_actions_while_indexing(server: ServerProcess, uri: str, text: str) -> dict[str, Number]:
    """Code actions and edits from the opening of the first document until the index is complete."""
    taken: list[float] = []
    menus: list[float] = []
    document = {"uri": uri, "languageId": "python", "version": 1, "text": text}
    server.tell("textDocument/didOpen", {"textDocument": document})
    started, version = time.perf_counter(), 1
    root = Path(uri.removeprefix("file://")).parent
    indexed = False
    while not indexed:
        for number in range(20):
            if number % EDIT_EVERY == 0:
                version += 1
                _insert(server, uri, version)
            taken.append(_code_action(server, uri, number, LIGHT_BULB))
            menus.append(_code_action(server, uri, number, MENU))
            time.sleep(0.02)
        indexed = asyncio.run(_is_indexed(root))
    return {
        "code_action_while_indexing_ms_p95": statistics.quantiles(taken, n=20, method="inclusive")[-1],
        "code_action_menu_while_indexing_ms_p95": statistics.quantiles(menus, n=20, method="inclusive")[-1],
        "code_actions_while_indexing": len(taken),
        "indexed_in_seconds": time.perf_counter() - started,
    }


def _code_action(server: ServerProcess, uri: str, line: int, trigger: int) -> float:
    place = {"start": {"line": line, "character": 0}, "end": {"line": line, "character": 5}}
    context = {"diagnostics": [], "triggerKind": trigger}
    asked = {"textDocument": {"uri": uri}, "range": place, "context": context}
    return server.ask("textDocument/codeAction", asked)[0]


def _insert(server: ServerProcess, uri: str, version: int) -> None:
    start = {"line": 0, "character": 0}
    change: dict[str, Any] = {"range": {"start": start, "end": start}, "text": "# typed\n"}
    server.tell(
        "textDocument/didChange", {"textDocument": {"uri": uri, "version": version}, "contentChanges": [change]}
    )


async def _is_indexed(root: Path) -> bool:
    async with DaemonClient(await ensure_daemon()) as client:
        known = {each.id for each in await client.workspaces()}
        if workspace_id(root) not in known:
            return False
        return (await client.index_status(workspace_id(root))).state is not IndexState.BUILDING

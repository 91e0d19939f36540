"""Asks ruff for the fixes of its findings in one text. Runs no project code; knows nothing of plans and candidates."""

import asyncio
import contextlib
import json
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tercet_shared.edits import Position, Range, TextEdit

DEADLINE_S = 20.0
MAX_TEXT = 2_000_000
"""Characters; a longer text has no fixes."""


@dataclass(frozen=True)
class RuleFix:
    """The fix of one finding. `safe`: ruff promises that the behaviour stays the same."""

    rule: str
    title: str
    range: Range
    edits: tuple[TextEdit, ...]
    safe: bool


async def rule_fixes(path: str, text: str, folder: Path, select: str = "") -> list[RuleFix]:
    """The fixes for `text` as the file `path` of `folder`, in order of the source, safe and unsafe.

    `select` names rules (ruff's own syntax) and leaves the project's configuration aside; without it that one holds,
    or ruff's defaults if it is broken. Where ruff is missing, breaks down or is too slow there are none.
    """
    if len(text) > MAX_TEXT:
        return []
    chosen = ["--isolated", "--select", select] if select else []
    found = await _check(path, text, folder, chosen)
    if found is None and not select:
        found = await _check(path, text, folder, ["--isolated"])
    return [fix for each in found or [] if (fix := _fix(each)) is not None]


def executable() -> str | None:
    """ruff beside the running interpreter, or where its package put it."""
    name = "ruff.exe" if sys.platform == "win32" else "ruff"
    beside = Path(sys.executable).parent / name
    if beside.is_file():
        return str(beside)
    import ruff  # type: ignore[import-untyped]  # noqa: PLC0415  # ships no types; looks at the disk on import

    try:
        return str(ruff.find_ruff_bin())
    except FileNotFoundError:
        return None


async def _check(path: str, text: str, folder: Path, options: Sequence[str]) -> list[Any] | None:
    """ruff's JSON findings; None if it could not give them."""
    program = await asyncio.to_thread(executable)
    if program is None:
        return None
    command = [program, "check", "--no-cache", "--quiet", "--unsafe-fixes", "--output-format", "json", "--exit-zero"]
    command += [*options, "--stdin-filename", str(folder / path), "-"]
    process = await asyncio.create_subprocess_exec(
        *command,
        cwd=folder,
        env={},
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
    )
    try:
        async with asyncio.timeout(DEADLINE_S):
            output, _ = await process.communicate(text.encode("utf-8", "surrogatepass"))
    except TimeoutError:
        return None
    finally:
        if process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                process.kill()
            await process.wait()
    return _parsed(output) if process.returncode == 0 else None


def _parsed(output: bytes) -> list[Any] | None:
    try:
        found = json.loads(output)
    except ValueError:
        return None
    return found if isinstance(found, list) else None


def _fix(finding: Any) -> RuleFix | None:
    """None for a finding without a fix, without a rule (syntax errors), or of a shape this version does not know."""
    try:
        fix, rule = finding["fix"], finding["code"]
        if not fix or not rule or fix["applicability"] == "display":
            return None
        edits = tuple(TextEdit(range=_range(each), new_text=each["content"]) for each in fix["edits"])
        title = fix["message"] or finding["message"]
        return RuleFix(rule, title, _range(finding), edits, fix["applicability"] == "safe") if edits else None
    except (KeyError, TypeError, ValueError):
        return None


def _range(spot: dict[str, Any]) -> Range:
    """ruff counts rows and columns from one, columns in code points."""
    ends = [
        Position(line=spot[key]["row"] - 1, character=spot[key]["column"] - 1) for key in ("location", "end_location")
    ]
    return Range(start=ends[0], end=ends[1])

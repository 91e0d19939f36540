"""Asks ruff for its findings in one text, and for their fixes. Runs no code of the workspace; judges nothing.

A subprocess on the host: ruff's configuration is data and cannot run code.
"""

import asyncio
import os
import shutil
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from pydantic import BaseModel, TypeAdapter, ValidationError

_DEADLINE_S = 20.0
_OUTPUT_BYTES = 32 * 1024 * 1024
_ENVIRONMENT = ("PATH", "HOME", "XDG_CONFIG_HOME", "SYSTEMROOT", "TEMP", "TMP", "APPDATA", "USERPROFILE")
_OPTIONS = ("--output-format", "json", "--no-cache", "--force-exclude")
"""What a user would add to see the same; excluded files have no findings, as in the project's own runs."""


class Place(BaseModel):
    """Row and column from one, the column in code points."""

    row: int
    column: int


class RuffEdit(BaseModel):
    content: str
    location: Place
    end_location: Place


class RuffFix(BaseModel):
    applicability: str
    """`safe` (behaviour stays the same), `unsafe`, or `display` (not to be applied)."""
    message: str | None = None
    edits: list[RuffEdit]


class RuffFinding(BaseModel):
    """One element of `ruff check --output-format json`."""

    code: str | None
    message: str
    location: Place
    end_location: Place
    url: str | None = None
    fix: RuffFix | None = None

    @property
    def rule(self) -> str:
        return self.code or "invalid-syntax"


@dataclass(frozen=True)
class LintOutcome:
    """`problem` is a sentence where ruff could not do its work (a broken configuration, say); there are no findings then."""

    findings: tuple[RuffFinding, ...]
    command: tuple[str, ...]
    """As a user would run it on the file."""
    exit_code: int | None
    problem: str | None = None


_FINDINGS = TypeAdapter(list[RuffFinding])


async def lint(
    root: Path, path: str, text: str, *, select: str = "", isolated: bool = False, options: Sequence[str] = ()
) -> LintOutcome:
    """Findings of `text` as the file `path` of the folder `root`, by the configuration found from there upwards.

    `select` names rules, in ruff's own syntax, to ask for instead; `isolated` leaves every configuration aside; `options` are
    more of ruff's own.
    """
    chosen = (*(("--isolated",) if isolated else ()), *(("--select", select) if select else ()), *options)
    command = ("ruff", "check", *_OPTIONS, *chosen, path)
    executable = await asyncio.to_thread(_executable)
    if executable is None:
        return LintOutcome((), command, None, "ruff is not installed beside Tercet: reinstall Tercet.")
    asked = (*_OPTIONS, *chosen, "--no-fix", "--no-fix-only", "--stdin-filename", path, "-")
    try:
        exit_code, stdout, stderr = await _run((executable, "check", *asked), root, text)
    except TimeoutError:
        return LintOutcome((), command, None, f"ruff took longer than {_DEADLINE_S:.0f} s on {path}.")
    if exit_code not in {0, 1}:
        said = stderr.decode("utf-8", "replace").strip()[-1000:]
        return LintOutcome((), command, exit_code, f"ruff could not check {path}: {said}")
    return await asyncio.to_thread(_outcome, path, command, exit_code, stdout)


async def format_text(root: Path, path: str, text: str) -> str:
    """The text as the project's formatter settings want it; as it is where ruff cannot format it."""
    executable = await asyncio.to_thread(_executable)
    if executable is None:
        return text
    try:
        exit_code, stdout, _ = await _run(
            (executable, "format", "--no-cache", "--stdin-filename", path, "-"), root, text
        )
    except TimeoutError:
        return text
    return stdout.decode("utf-8", "replace") if exit_code == 0 and stdout else text


async def _run(command: Sequence[str], root: Path, text: str) -> tuple[int | None, bytes, bytes]:
    """Exit code, stdout and stderr. Raises TimeoutError; leaves no process behind."""
    process = await asyncio.create_subprocess_exec(
        *command,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        cwd=root,
        env={name: os.environ[name] for name in _ENVIRONMENT if name in os.environ},
    )
    try:
        data = text.encode("utf-8", "surrogatepass")
        stdout, stderr = await asyncio.wait_for(process.communicate(data), _DEADLINE_S)
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    return process.returncode, stdout, stderr


def _outcome(path: str, command: tuple[str, ...], exit_code: int | None, stdout: bytes) -> LintOutcome:
    if len(stdout) > _OUTPUT_BYTES:
        return LintOutcome((), command, exit_code, f"ruff has too much to say about {path}.")
    try:
        findings = _FINDINGS.validate_json(stdout or b"[]")
    except ValidationError as error:
        return LintOutcome((), command, exit_code, f"ruff's answer could not be read: {error}")
    return LintOutcome(tuple(findings), command, exit_code)


def _executable() -> str | None:
    """The ruff of our own environment, else one on the PATH."""
    name = "ruff.exe" if sys.platform == "win32" else "ruff"
    beside = Path(sys.executable).parent / name
    return str(beside) if beside.is_file() else shutil.which("ruff")

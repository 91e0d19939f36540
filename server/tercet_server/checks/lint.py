"""Lint findings of one text by ruff, run as a subprocess on the host: its configuration is data and cannot run code."""

import asyncio
import json
import os
import shutil
import sys
from dataclasses import dataclass
from pathlib import Path

from pydantic import BaseModel, TypeAdapter, ValidationError

_DEADLINE_S = 20.0
_OUTPUT_BYTES = 32 * 1024 * 1024
_ENVIRONMENT = ("PATH", "HOME", "XDG_CONFIG_HOME", "SYSTEMROOT", "TEMP", "TMP", "APPDATA", "USERPROFILE")


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
    exit_code: int | None
    problem: str | None = None


_FINDINGS = TypeAdapter(list[RuffFinding])


def command_for(path: str) -> tuple[str, ...]:
    """As a user would run it on the file."""
    return ("ruff", "check", "--output-format", "json", "--no-cache", "--force-exclude", path)


async def lint(root: Path, path: str, text: str) -> LintOutcome:
    """Findings of `text` as the file `path`, by the configuration found from there upwards."""
    options = ("--output-format", "json", "--no-cache", "--force-exclude", "--no-fix", "--no-fix-only")
    executable = await asyncio.to_thread(_ruff)
    if executable is None:
        return LintOutcome((), command_for(path), None, "ruff is not installed beside Tercet: reinstall Tercet.")
    process = await asyncio.create_subprocess_exec(
        executable,
        "check",
        *options,
        "--stdin-filename",
        path,
        "-",
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        cwd=root,
        env={name: os.environ[name] for name in _ENVIRONMENT if name in os.environ},
    )
    try:
        data = text.encode("utf-8", "surrogatepass")
        stdout, stderr = await asyncio.wait_for(process.communicate(data), _DEADLINE_S)
    except TimeoutError:
        return LintOutcome((), command_for(path), None, f"ruff took longer than {_DEADLINE_S:.0f} s on {path}.")
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    return await asyncio.to_thread(_outcome, path, process.returncode, stdout, stderr)


def _outcome(path: str, exit_code: int | None, stdout: bytes, stderr: bytes) -> LintOutcome:
    if exit_code not in {0, 1}:
        said = stderr.decode("utf-8", "replace").strip()[-1000:]
        return LintOutcome((), command_for(path), exit_code, f"ruff could not check {path}: {said}")
    if len(stdout) > _OUTPUT_BYTES:
        return LintOutcome((), command_for(path), exit_code, f"ruff has too much to say about {path}.")
    try:
        findings = _FINDINGS.validate_python(json.loads(stdout or b"[]"))
    except (ValueError, ValidationError) as error:
        return LintOutcome((), command_for(path), exit_code, f"ruff's answer could not be read: {error}")
    return LintOutcome(tuple(findings), command_for(path), exit_code)


def _ruff() -> str | None:
    """The ruff of our own environment, else one on the PATH."""
    name = "ruff.exe" if os.name == "nt" else "ruff"
    beside = Path(sys.executable).parent / name
    return str(beside) if beside.is_file() else shutil.which("ruff")

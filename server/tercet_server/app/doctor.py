"""The doctor: what Tercet found on this system and in a workspace, what is missing, and how to get it. Changes nothing."""

import asyncio
import os
import platform
import shutil
import stat
import sys
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from tercet_shared import discovery
from tercet_shared.daemon import Diagnosis, DoctorReport, Grade
from tercet_shared.ids import WorkspaceId
from tercet_shared.workspaces import Trust, Workspace

from tercet_server.config import Settings, user_file

LOW_DISK_BYTES = 1024**3


class SandboxStatus(Protocol):
    """One sandbox back end as its survey saw it."""

    @property
    def name(self) -> str: ...
    @property
    def available(self) -> bool: ...
    @property
    def isolation(self) -> str: ...
    @property
    def advice(self) -> str: ...


@dataclass(frozen=True)
class Doctor:
    """Call `report`. `survey` looks at the sandbox back ends."""

    settings: Settings
    problems: Sequence[str]
    """What was wrong with the configuration when the daemon read it, and what opening the ledger had to do."""
    home: Path
    version: str
    survey: Callable[[], Awaitable[Sequence[SandboxStatus]]]
    chosen: Diagnosis
    """Which sandbox is used."""
    workspace: Callable[[WorkspaceId], Awaitable[Workspace]]
    models: Callable[[], Awaitable[Sequence[Diagnosis]]]

    async def report(self, workspace_id: WorkspaceId | None) -> DoctorReport:
        """Raises NotFound for an unknown workspace."""
        diagnoses = await asyncio.to_thread(self._system)
        diagnoses += [_back_end(status) for status in await self.survey()]
        diagnoses.append(self.chosen)
        diagnoses += await self.models()
        if workspace_id is not None:
            diagnoses += await asyncio.to_thread(_of_workspace, await self.workspace(workspace_id))
        return DoctorReport(version=self.version, diagnoses=diagnoses)

    def _system(self) -> list[Diagnosis]:
        return [
            Diagnosis(topic="python", grade=Grade.OK, found=f"{platform.python_version()} at {sys.executable}"),
            _home(self.home),
            _disk(self.home),
            _address(self.home),
            _ruff(),
            _program("git", "It shows what changed; install it with your system's package manager."),
            *self._configuration(),
        ]

    def _configuration(self) -> list[Diagnosis]:
        if self.problems:
            return [Diagnosis(topic="configuration", grade=Grade.WARNING, found=problem) for problem in self.problems]
        file = user_file(os.environ)
        found = f"{file} is in order" if file.exists() else f"the defaults ({file} does not exist)"
        return [Diagnosis(topic="configuration", grade=Grade.OK, found=found)]


def _back_end(status: SandboxStatus) -> Diagnosis:
    grade = Grade.OK if status.available else Grade.MISSING
    found = f"available, isolation: {status.isolation}" if status.available else "not available here"
    return Diagnosis(topic=status.name, grade=grade, found=found, advice=status.advice)


def _home(home: Path) -> Diagnosis:
    mode = stat.S_IMODE(home.stat().st_mode)
    if os.name == "posix" and mode & 0o077:
        advice = f"Others can look into it. Run `chmod 700 {home}`."
        return Diagnosis(topic="home", grade=Grade.WARNING, found=f"{home} (mode {mode:o})", advice=advice)
    return Diagnosis(topic="home", grade=Grade.OK, found=str(home))


def _disk(home: Path) -> Diagnosis:
    free = shutil.disk_usage(home).free
    found = f"{free / 1024**3:.1f} GiB free at {home}"
    if free < LOW_DISK_BYTES:
        return Diagnosis(topic="disk", grade=Grade.WARNING, found=found, advice="Private copies need room: free some.")
    return Diagnosis(topic="disk", grade=Grade.OK, found=found)


def _address(home: Path) -> Diagnosis:
    record = discovery.read_record(home)
    if record is None:
        advice = "Clients cannot find this daemon. Restart it: `tercet daemon stop`, then `tercet daemon start`."
        return Diagnosis(topic="address", grade=Grade.WARNING, found="the daemon's record has vanished", advice=advice)
    where = f"Unix socket {record.socket}" if record.socket else f"TCP port {record.port} on {record.host}"
    return Diagnosis(topic="address", grade=Grade.OK, found=where)


def _ruff() -> Diagnosis:
    from ruff import find_ruff_bin  # type: ignore[import-untyped]  # noqa: PLC0415  # untyped; only the doctor wants it

    try:
        return Diagnosis(topic="ruff", grade=Grade.OK, found=find_ruff_bin())
    except FileNotFoundError:
        advice = "Without it there are no lint findings and fixes. Install it with `pip install ruff`."
        return Diagnosis(topic="ruff", grade=Grade.MISSING, found="not found", advice=advice)


def _program(name: str, advice: str) -> Diagnosis:
    found = shutil.which(name)
    if found is None:
        return Diagnosis(topic=name, grade=Grade.WARNING, found="not found", advice=advice)
    return Diagnosis(topic=name, grade=Grade.OK, found=found)


def _of_workspace(workspace: Workspace) -> list[Diagnosis]:
    diagnoses = [_root(workspace), _trust(workspace), _interpreter(workspace)]
    diagnoses += [Diagnosis(topic="workspace settings", grade=Grade.WARNING, found=each) for each in workspace.problems]
    return diagnoses


def _root(workspace: Workspace) -> Diagnosis:
    if Path(workspace.root).is_dir():
        return Diagnosis(topic="workspace", grade=Grade.OK, found=workspace.root)
    advice = "The folder has gone, or cannot be read. Put it back, or open it where it is now."
    return Diagnosis(topic="workspace", grade=Grade.MISSING, found=workspace.root, advice=advice)


def _trust(workspace: Workspace) -> Diagnosis:
    if workspace.trust is Trust.TRUSTED:
        return Diagnosis(topic="trust", grade=Grade.OK, found="trusted: its tests may run in the sandbox")
    advice = "Nothing of it runs, so nothing can be proved. If you trust it: `tercet trust`."
    return Diagnosis(topic="trust", grade=Grade.WARNING, found=f"{workspace.trust}", advice=advice)


def _interpreter(workspace: Workspace) -> Diagnosis:
    chosen = workspace.interpreter
    if chosen is None:
        advice = "Make a virtual environment there, or set python.interpreter in tercet.toml."
        return Diagnosis(topic="interpreter", grade=Grade.MISSING, found="none was found", advice=advice)
    found = f"{chosen.path} (from: {chosen.source})"
    return Diagnosis(topic="interpreter", grade=Grade.OK, found=found, advice=chosen.note)

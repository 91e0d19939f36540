"""The commands about the surroundings: `tercet trust`, `tercet doctor` and `tercet models`."""

from pathlib import Path

from tercet_shared.daemon import Grade
from tercet_shared.errors import NotFound

from tercet_server.cli import project, render
from tercet_server.cli.exits import Exit
from tercet_server.cli.models_table import render_models
from tercet_server.cli.session import Session
from tercet_server.cli.terminal import Terminal


async def trust(folder: Path | None, revoke: bool, terminal: Terminal) -> Exit:
    """Stores whether the code of a workspace may run."""
    root = _root_of(folder)
    async with Session() as session:
        workspace = await session.workspace(root)
        workspace = await session.client.set_trust(workspace.id, not revoke)
    terminal.show(f"{workspace.root} is {workspace.trust.value} now.")
    terminal.document(workspace)
    return Exit.OK


async def doctor(folder: Path | None, terminal: Terminal) -> Exit:
    """What Tercet finds on this machine and in a workspace, what is missing and how to get it."""
    root = _root_of(folder)
    async with Session() as session:
        workspace = await session.workspace(root) if folder is not None or _is_project(root) else None
        report = await session.client.doctor(workspace.id if workspace else None)
    terminal.show(render.doctor(report))
    terminal.document(report)
    missing = any(each.grade is Grade.MISSING for each in report.diagnoses)
    return Exit.ENVIRONMENT if missing else Exit.OK


async def models(terminal: Terminal) -> Exit:
    """The configured language models, and what they did and cost today."""
    async with Session() as session:
        report = await session.client.models()
    terminal.show(render_models(report))
    terminal.document(report)
    return Exit.OK


def _root_of(folder: Path | None) -> Path:
    if folder is not None and not folder.exists():
        raise NotFound(f"There is no folder {folder}. Name the workspace's root.")
    return project.find_root(folder or project.current_folder())


def _is_project(root: Path) -> bool:
    return any((root / marker).exists() for marker in project.ROOT_MARKERS)

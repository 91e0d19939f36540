"""The commands about a workspace's code: `tercet context`, `tercet index status` and `tercet index rebuild`."""

from dataclasses import dataclass
from pathlib import Path

from tercet_shared.context import IndexState, IndexStatus

from tercet_server.cli import project, render_code
from tercet_server.cli.exits import Exit
from tercet_server.cli.indexing import until_built
from tercet_server.cli.session import Session
from tercet_server.cli.terminal import Terminal


@dataclass(frozen=True)
class Search:
    """What the person asked for, as typed. With a budget a section of a prompt is wanted, else a list of places."""

    words: str
    workspace: Path | None = None
    why: bool = False
    budget: int | None = None
    limit: int = 10
    wait: bool = True


async def context(wish: Search, terminal: Terminal) -> Exit:
    """Finds the places that the words are about."""
    root = project.named_root(wish.workspace)
    async with Session() as session:
        workspace = await session.workspace(root)
        if wish.wait:
            await until_built(session, workspace.id, terminal)
        if wish.budget is not None:
            section = await session.client.context(workspace.id, wish.words, wish.budget)
            terminal.show(*render_code.section(section))
            terminal.note(render_code.measure(section))
            terminal.document(section)
            return Exit.OK if section.files else Exit.FAILED
        found = await session.client.search(workspace.id, wish.words, wish.limit)
    terminal.show(render_code.search(found, why=wish.why))
    terminal.document(found)
    return Exit.OK if found.definitions or found.files else Exit.FAILED


async def status(workspace: Path | None, terminal: Terminal) -> Exit:
    """Says how much of the workspace is indexed."""
    root = project.named_root(workspace)
    async with Session() as session:
        found = await session.client.index_status((await session.workspace(root)).id)
    return _shown(root, found, terminal)


async def rebuild(workspace: Path | None, terminal: Terminal) -> Exit:
    """Builds the index anew from nothing, and stays until it is there."""
    root = project.named_root(workspace)
    async with Session() as session:
        known = await session.workspace(root)
        await session.client.rebuild_index(known.id)
        found = await until_built(session, known.id, terminal)
    return _shown(root, found, terminal)


def _shown(root: Path, found: IndexStatus, terminal: Terminal) -> Exit:
    terminal.show(render_code.index(root, found))
    terminal.document(found)
    return Exit.FAILED if found.state is IndexState.FAILED else Exit.OK

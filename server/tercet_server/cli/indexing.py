"""Follows an index while it is being built: a bar on a terminal, a few plain lines elsewhere, nothing in JSON mode.

Always on stderr, so that stdout holds the result alone. Asks the daemon, starts nothing.
"""

import asyncio
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn
from tercet_shared.context import IndexState, IndexStatus
from tercet_shared.ids import WorkspaceId

from tercet_server.cli.session import Session
from tercet_server.cli.terminal import Terminal

LOOK_S = 0.15
SAY_EVERY_S = 5.0

Show = Callable[[IndexStatus], None]


async def until_built(session: Session, workspace_id: WorkspaceId, terminal: Terminal) -> IndexStatus:
    """The status once nothing is being built any more."""
    status = await session.client.index_status(workspace_id)
    if status.state is not IndexState.BUILDING:
        return status
    with _showing(terminal) as show:
        while status.state is IndexState.BUILDING:
            show(status)
            await asyncio.sleep(LOOK_S)
            status = await session.client.index_status(workspace_id)
    return status


@contextmanager
def _showing(terminal: Terminal) -> Iterator[Show]:
    if terminal.as_json:
        yield lambda _: None
    elif terminal.err.is_terminal:
        with _bar(terminal.err) as show:
            yield show
    else:
        yield _lines(terminal)


@contextmanager
def _bar(console: Console) -> Iterator[Show]:
    columns = (
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(bar_width=32),
        TextColumn("{task.fields[counted]}", style="dim"),
    )
    with Progress(*columns, console=console, transient=True) as progress:
        task = progress.add_task("Indexing", total=None, counted="counting the files")

        def show(status: IndexStatus) -> None:
            done, total = status.coverage.files_done, status.coverage.files_total
            if total:
                progress.update(task, total=total, completed=done, counted=_counted(done, total))

        yield show


def _lines(terminal: Terminal) -> Show:
    said_at = 0.0

    def show(status: IndexStatus) -> None:
        nonlocal said_at
        if status.coverage.files_total and time.monotonic() - said_at >= SAY_EVERY_S:
            said_at = time.monotonic()
            terminal.note(f"Indexing: {_counted(status.coverage.files_done, status.coverage.files_total)}")

    return show


def _counted(done: int, total: int) -> str:
    return f"{done:,} of {total:,} files"

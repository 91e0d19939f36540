"""The commands about the sandboxes: `tercet sandbox status`, `build` and `test`."""

import asyncio
from collections.abc import Sequence

from rich.table import Table
from rich.text import Text
from tercet_shared.client import DaemonClient
from tercet_shared.sandboxes import BackEnd, SandboxWork

from tercet_server.cli.exits import Exit
from tercet_server.cli.session import Session
from tercet_server.cli.terminal import Terminal, printable

LOOK_S = 0.3


async def status(terminal: Terminal) -> Exit:
    async with Session() as session:
        report = await session.client.sandbox()
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="dim")
    for column in ("back end", "isolation", ""):
        table.add_column(column, overflow="fold")
    for each in report.back_ends:
        table.add_row(each.name, each.isolation, _state(each))
    terminal.show(table)
    terminal.document(report)
    return Exit.OK if any(each.used for each in report.back_ends) else Exit.ENVIRONMENT


async def build(runtimes: Sequence[str], terminal: Terminal) -> Exit:
    async with Session() as session:
        await session.client.build_images(list(runtimes) or ["host"])
        return await _until_done(session.client, terminal)


async def test(terminal: Terminal) -> Exit:
    async with Session() as session:
        await session.client.test_sandbox()
        return await _until_done(session.client, terminal)


async def _until_done(client: DaemonClient, terminal: Terminal) -> Exit:
    """Prints what comes of the work as it comes."""
    shown = 0
    while True:
        work: SandboxWork = await client.sandbox_work()
        for line in work.lines[shown:]:
            terminal.show(Text(printable(line)))
        shown = len(work.lines)
        if not work.running:
            terminal.document(work)
            return Exit.FAILED if work.failed else Exit.OK
        await asyncio.sleep(LOOK_S)


def _state(each: BackEnd) -> Text:
    state = "used" if each.used else "available" if each.available else "not available here"
    shown = Text(state, style="green" if each.used else "")
    if each.advice:
        shown.append(f"\n→ {printable(each.advice)}", style="cyan")
    return shown

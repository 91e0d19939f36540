"""The commands `tercet learn show` and `tercet learn reset`: what a workspace taught, to be looked at and forgotten."""

from pathlib import Path

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text
from tercet_shared.learning import Learned, Record

from tercet_server.cli import project, render
from tercet_server.cli.exits import Exit
from tercet_server.cli.session import Session
from tercet_server.cli.terminal import Terminal, printable

NOTHING = "Nothing has been learnt here yet: no proposal of this workspace was applied, discarded or undone."


async def show(workspace: Path | None, terminal: Terminal) -> Exit:
    """How proposals ended in this workspace, and the lessons."""
    root = project.named_root(workspace)
    async with Session() as session:
        learned = await session.client.learned((await session.workspace(root)).id)
    terminal.show(rendered(learned))
    terminal.document(learned)
    return Exit.OK


async def reset(workspace: Path | None, terminal: Terminal) -> Exit:
    """Has everything forgotten that was learnt; runs and their undo stay."""
    root = project.named_root(workspace)
    async with Session() as session:
        known = await session.workspace(root)
        await session.client.forget_learned(known.id)
        learned = await session.client.learned(known.id)
    terminal.show(
        "Forgotten. What happened here up to now teaches nothing any more; runs can still be shown and undone."
    )
    terminal.document(learned)
    return Exit.OK


def rendered(learned: Learned) -> RenderableType:
    """Pure."""
    parts: list[RenderableType] = []
    if learned.since is not None:
        parts.append(Text(f"Since {learned.since.astimezone():%Y-%m-%d %H:%M}, when it was reset.", style="dim"))
    parts.append(_table(learned.records) if learned.records else Text(NOTHING))
    if learned.candidates:
        failed = ", ".join(f"{printable(name)} {count}" for name, count in learned.failed_checks.items())
        checked = f"{learned.candidates} candidate{'' if learned.candidates == 1 else 's'} proved"
        parts.append(Text(f"\n{checked}" + (f"; failed at: {failed}" if failed else "; none failed"), style="dim"))
    if learned.lessons:
        parts += [
            render.heading("Lessons for the planner"),
            *(Text(f"  {printable(each)}") for each in learned.lessons),
        ]
    return Group(*parts)


def _table(records: list[Record]) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="dim")
    for column in ("proposer", "intent"):
        table.add_column(column, no_wrap=True)
    for column in ("offered", "applied", "edited after", "discarded", "undone", "confidence"):
        table.add_column(column, no_wrap=True, justify="right")
    for each in records:
        numbers = (each.offered, each.applied, each.edited, each.discarded, each.undone)
        shown = [str(number) if number else "·" for number in numbers]
        table.add_row(printable(each.proposer), each.intent.value, *shown, f"{each.confidence:.0%}")
    return table

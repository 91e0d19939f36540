"""How places in code, sections of prompts and the index look to a person. Pure: models in, rich renderables out."""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from pathlib import Path

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text
from tercet_shared.context import ContextSection, Coverage, IndexState, IndexStatus, Reason, SearchAnswer, SearchHit

from tercet_server.cli.render import age, heading
from tercet_server.cli.terminal import printable

BAR_CELLS = 10
FILES_SHOWN = 5
REASONS_SHOWN = 4

_EIGHTHS = " ▏▎▍▌▋▊▉█"

_STATES = {
    IndexState.READY: ("✓ ready", "green"),
    IndexState.BUILDING: ("… building", "cyan"),
    IndexState.FAILED: ("✗ failed", "red"),
}


def search(found: SearchAnswer, *, why: bool) -> RenderableType:
    """The places, best first; with `why`, what speaks for each."""
    parts: list[RenderableType] = []
    if found.definitions:
        best = found.definitions[0].score
        parts += [
            heading("Definitions"),
            *(_hit(number, each, best, why) for number, each in enumerate(found.definitions, 1)),
        ]
    if found.files:
        best = found.files[0].score
        parts += [
            heading("Files"),
            *(_file(each.path, each.score / best if best else 0) for each in found.files[:FILES_SHOWN]),
        ]
    if not parts:
        parts.append(Text("Nothing in this workspace has to do with these words."))
    return Group(*parts, *_incomplete(found.coverage))


def _hit(number: int, hit: SearchHit, best: float, why: bool) -> RenderableType:
    symbol = hit.symbol
    head = Text(f"{number:>3}  ", style="dim")
    head.append(printable(symbol.name) or "top of the file", style="bold")
    head.append(f"  {symbol.kind}", style="cyan")
    head.append(f"  {printable(symbol.path)}:{symbol.name_range.start.line + 1}")
    parts: list[RenderableType] = [head]
    if symbol.name and symbol.signature:
        parts.append(
            Padding(Text(printable(symbol.signature), style="dim", no_wrap=True, overflow="ellipsis"), (0, 0, 0, 5))
        )
    if why:
        parts.append(Padding(_reasons(hit.reasons, hit.score, best), (0, 0, 1, 5)))
    return Group(*parts)


def _reasons(reasons: Sequence[Reason], score: float, best: float) -> RenderableType:
    table = Table(box=None, pad_edge=False, show_header=False, padding=(0, 2, 0, 0))
    for column in ("bar", "percent", "signal"):
        table.add_column(column, no_wrap=True, justify="right" if column == "percent" else "left")
    table.add_column("detail", overflow="fold")
    for reason in sorted(reasons, key=lambda each: -abs(each.share))[:REASONS_SHOWN]:
        part = reason.share / best if best else 0.0
        percent = f"{100 * reason.share / score:.0f} %" if score else ""
        table.add_row(
            Text(bar(part), style="green"), percent, reason.signal, Text(printable(reason.detail), style="dim")
        )
    return table


def _file(path: str, part: float) -> RenderableType:
    return Text.assemble("  ", (bar(part), "green"), f"  {printable(path)}")


def bar(part: float, cells: int = BAR_CELLS) -> str:
    """A bar of `cells` columns that is filled by `part` (0 to 1), to an eighth of a column."""
    eighths = round(max(0.0, min(1.0, part)) * cells * 8)
    full, rest = divmod(eighths, 8)
    return ("█" * full + (_EIGHTHS[rest] if rest else "")).ljust(cells)


def section(packed: ContextSection) -> Iterable[RenderableType]:
    """The text itself, ready for a prompt."""
    return [Text(printable(packed.text.rstrip("\n")))] if packed.text else [Text("Nothing fits.")]


def measure(packed: ContextSection) -> str:
    """One line beside the section: how much it is, and what found no room."""
    bodies = sum(len(each.bodies) for each in packed.files)
    signatures = sum(len(each.signatures) for each in packed.files)
    shown = f"{bodies} whole, {signatures} as signatures, from {len(packed.files)} files"
    said = f"{packed.tokens:,} of {packed.budget:,} tokens: {shown}"
    return f"{said}; {packed.left_out} more found no room." if packed.left_out else f"{said}."


def index(root: Path, status: IndexStatus, now: datetime | None = None) -> RenderableType:
    label, style = _STATES[status.state]
    table = Table(box=None, pad_edge=False, show_header=False, padding=(0, 2, 0, 0))
    table.add_column("what", no_wrap=True, style="dim")
    table.add_column("value", overflow="fold")
    table.add_row("state", Text(label, style=style))
    done, total = status.coverage.files_done, status.coverage.files_total
    table.add_row("files", f"{done:,}" if done == total else f"{done:,} of {total:,}")
    table.add_row("lines", f"{status.lines:,}")
    table.add_row("size", _size(status.size_bytes))
    if status.built_at is not None:
        elapsed = ((now or datetime.now(UTC)) - status.built_at).total_seconds()
        table.add_row("built", f"{age(elapsed)} ago")
    problems = [Padding(Text(f"! {printable(each)}", style="yellow"), (0, 0, 0, 2)) for each in status.problems]
    return Group(Text(f"Index of {printable(str(root))}", style="bold"), Padding(table, (0, 0, 0, 2)), *problems)


def _size(size_bytes: int) -> str:
    return f"{size_bytes / 1e6:.1f} MB"


def _incomplete(coverage: Coverage) -> list[RenderableType]:
    if coverage.complete:
        return []
    said = f"Only {coverage.files_done:,} of {coverage.files_total:,} files are indexed so far: there may be better places."
    return [Text(f"\n{said}", style="yellow")]

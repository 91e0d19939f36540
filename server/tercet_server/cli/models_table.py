"""The language models as a table for a terminal. Asks nobody anything."""

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text
from tercet_shared.models import ModelsReport, ModelState

from tercet_server.cli.terminal import printable

NONE = (
    "No language model is configured. Repairs come from rules and from search; docs/models.md says how to add a model."
)


def render_models(report: ModelsReport) -> RenderableType:
    """One row a model; below it why it cannot be asked, if it cannot."""
    if not report.models:
        return Text(NONE)
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="dim")
    table.add_column("model", overflow="fold")
    for column in ("today", "tokens", "cost", "first word", "answer"):
        table.add_column(column, no_wrap=True, justify="right")
    for each in report.models:
        table.add_row(_name(each), *_figures(each))
    spent = f"${report.spent_usd:.2f} of ${report.day_usd:g} (budget.day_usd) spent today"
    return Group(table, Text(spent, style="dim"))


def _name(each: ModelState) -> Text:
    shown = Text(printable(each.name))
    if each.problem:
        shown.append(f"\n→ {printable(each.problem)}", style="cyan")
    return shown


def _figures(each: ModelState) -> list[str]:
    if not each.calls:
        return ["-"] * 5
    tokens = f"{each.input_tokens:,} + {each.output_tokens:,}"
    return [
        f"{each.answered} of {each.calls}",
        tokens,
        f"${each.cost_usd:.4f}",
        _seconds(each.first_token_s_median),
        _seconds(each.duration_s_median),
    ]


def _seconds(value: float | None) -> str:
    return "-" if value is None else f"{value:.1f} s"

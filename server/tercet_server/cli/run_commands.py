"""The commands that have code changed in other ways than `fix`, and those about runs that there are."""

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Annotated

import typer

from tercet_server.cli.evidence import Format
from tercet_server.cli.options import ApplyAtOnce, AsJson, Deadline, InWorkspace, PlanFirst, RunName, Trusting, Words

if TYPE_CHECKING:
    from tercet_server.cli.exits import Exit
    from tercet_server.cli.terminal import Terminal

CarryOut = Callable[[bool, "Callable[[Terminal], Awaitable[Exit]]"], int]
"""Opens the terminal (for JSON or for a person) and carries a command out in it; the exit code."""

CHANGES = {
    "implement": "Implement what --say asks for, prove it, and propose it.",
    "test": "Write tests of code as it is, and propose them.",
    "document": "Document code as it is, and propose that.",
    "refactor": "Make code simpler, proved to do what it did.",
    "optimise": "Make code faster, proved to do what it did.",
    "secure": "Make code more secure, proved to do what it did.",
}
"""The intents that change code, beside `fix`, with what the help says of them."""


def add_to(app: typer.Typer, carry_out: CarryOut) -> None:
    """Adds the commands to `app`."""
    for intent, words in CHANGES.items():
        _add_change(app, carry_out, intent, words)
    _add_free_text(app, carry_out)
    _add_lifecycle(app, carry_out)
    _add_history(app, carry_out)
    _add_decisions(app, carry_out)


def _add_change(app: typer.Typer, carry_out: CarryOut, intent: str, words: str) -> None:
    @app.command(intent, help=words)
    def change(  # noqa: PLR0913  # what a person may type
        targets: Annotated[
            list[str] | None,
            typer.Argument(
                metavar="[FILE]", help="What it is about: FILE, FILE:LINE[-LINE] or FILE::NAME. Nothing: the workspace."
            ),
        ] = None,
        *,
        say: Annotated[
            str, typer.Option("--say", "-m", metavar="WORDS", help="What you want, in your own words.")
        ] = "",
        apply_at_once: ApplyAtOnce = False,
        plan_first: PlanFirst = False,
        trust_it: Trusting = False,
        workspace: InWorkspace = None,
        deadline_s: Deadline = None,
        as_json: AsJson = False,
    ) -> int:
        from tercet_server.cli import requests

        wish = requests.Wish(targets or (), workspace, trust_it, apply_at_once, deadline_s, say, plan_first)
        return carry_out(as_json, lambda terminal: requests.change(intent, wish, terminal))


def _add_free_text(app: typer.Typer, carry_out: CarryOut) -> None:
    @app.command()
    def run(  # noqa: PLR0913  # what a person may type
        words: Annotated[list[str], typer.Argument(metavar="WORDS...", help="What you want, in your own words.")],
        *,
        intent: Annotated[
            str | None,
            typer.Option("--intent", metavar="INTENT", help="What kind of request it is, if you say so yourself."),
        ] = None,
        dry: Annotated[
            bool, typer.Option("--dry-run", help="Only say what the words are understood as; start nothing.")
        ] = False,
        apply_at_once: ApplyAtOnce = False,
        plan_first: PlanFirst = False,
        trust_it: Trusting = False,
        workspace: InWorkspace = None,
        deadline_s: Deadline = None,
        as_json: AsJson = False,
    ) -> int:
        """Do what your own words ask for, once it is said what they are understood as."""
        from tercet_server.cli import free_text, requests

        wish = requests.Wish((), workspace, trust_it, apply_at_once, deadline_s, plan_first=plan_first)
        return carry_out(as_json, lambda terminal: free_text.run(words, wish, intent, dry, terminal))


def _add_lifecycle(app: typer.Typer, carry_out: CarryOut) -> None:
    @app.command()
    def approve(run: RunName, workspace: InWorkspace = None, as_json: AsJson = False) -> int:
        """Let a run go on that waits with its plan."""
        from tercet_server.cli import requests

        return carry_out(as_json, lambda terminal: requests.approve(run, workspace, terminal))

    @app.command()
    def steer(run: RunName, words: Words, workspace: InWorkspace = None, as_json: AsJson = False) -> int:
        """Tell a run more; it plans anew."""
        from tercet_server.cli import requests

        return carry_out(as_json, lambda terminal: requests.steer(run, words, workspace, terminal))

    @app.command()
    def retry(run: RunName, words: Words = "", workspace: InWorkspace = None, as_json: AsJson = False) -> int:
        """Start a run like an earlier one, told more or not."""
        from tercet_server.cli import requests

        return carry_out(as_json, lambda terminal: requests.again(run, words, workspace, terminal))


def _add_history(app: typer.Typer, carry_out: CarryOut) -> None:
    @app.command()
    def runs(
        workspace: InWorkspace = None,
        every: Annotated[bool, typer.Option("--all", help="Of all workspaces, not only this one.")] = False,
        limit: Annotated[int, typer.Option("--limit", "-n", min=1, max=1000, help="How many at most.")] = 20,
        as_json: AsJson = False,
    ) -> int:
        """List runs, newest first."""
        from tercet_server.cli import history

        return carry_out(as_json, lambda terminal: history.list_runs(workspace, every, limit, terminal))

    @app.command()
    def show(
        run: RunName,
        evidence: Annotated[
            Format | None, typer.Option("--evidence", help="Print the evidence alone, as a document of this format.")
        ] = None,
        workspace: InWorkspace = None,
        as_json: AsJson = False,
    ) -> int:
        """Show a run: its plan, the evidence and the diff."""
        from tercet_server.cli import history

        if evidence is not None:
            return carry_out(as_json, lambda terminal: history.show_evidence(run, workspace, evidence, terminal))
        return carry_out(as_json, lambda terminal: history.show(run, workspace, terminal))


def _add_decisions(app: typer.Typer, carry_out: CarryOut) -> None:
    @app.command()
    def apply(run: RunName, workspace: InWorkspace = None, as_json: AsJson = False) -> int:
        """Apply a run's proposal to the files."""
        from tercet_server.cli import history

        return carry_out(as_json, lambda terminal: history.apply(run, workspace, terminal))

    @app.command()
    def discard(
        run: RunName,
        files: Annotated[
            list[str] | None,
            typer.Option(
                "--file", metavar="PATH", help="Only its change of this file, as the diff names it. Repeatable."
            ),
        ] = None,
        workspace: InWorkspace = None,
        as_json: AsJson = False,
    ) -> int:
        """Drop a run's proposal, or its changes of some files; no file is touched."""
        from tercet_server.cli import history

        return carry_out(as_json, lambda terminal: history.discard(run, workspace, files or (), terminal))

    @app.command()
    def undo(run: RunName, workspace: InWorkspace = None, as_json: AsJson = False) -> int:
        """Undo an applied proposal, and keep what was edited since."""
        from tercet_server.cli import history

        return carry_out(as_json, lambda terminal: history.undo(run, workspace, terminal))

    @app.command()
    def cancel(run: RunName, workspace: InWorkspace = None, as_json: AsJson = False) -> int:
        """Cancel a run and everything it started."""
        from tercet_server.cli import history

        return carry_out(as_json, lambda terminal: history.cancel(run, workspace, terminal))

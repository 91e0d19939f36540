"""The `tercet` command: its arguments, its help, and the edge where every error becomes a sentence and an exit code.

Nothing heavy is imported before a command needs it: `tercet --help` answers at once.
"""

import asyncio
import os
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from tercet_shared.errors import InternalError, InvalidRequest, TercetError
from typer._click.exceptions import ClickException  # typer brings its own copy of click and shows no other way to it

from tercet_server.cli import run_commands
from tercet_server.cli.exits import Exit, exit_of
from tercet_server.cli.options import ApplyAtOnce, AsJson, Deadline, Hook, InWorkspace, PlanFirst, Trusting

if TYPE_CHECKING:
    from tercet_server.cli.terminal import Terminal

app = typer.Typer(
    name="tercet",
    help="Repairs failing tests, and proves every repair in a sandbox before it is offered.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
daemon_app = typer.Typer(help="The daemon that works for all your editors.", no_args_is_help=True)
app.add_typer(daemon_app, name="daemon")
index_app = typer.Typer(
    help="The index of a workspace's code, which searches and context come from.", no_args_is_help=True
)
app.add_typer(index_app, name="index")
learn_app = typer.Typer(help="What became of earlier changes, and what follows from it.", no_args_is_help=True)
app.add_typer(learn_app, name="learn")
hooks_app = typer.Typer(help="A review before git's commits and pushes.", no_args_is_help=True)
app.add_typer(hooks_app, name="hooks")

sandbox_app = typer.Typer(help="What project code runs in.", no_args_is_help=True)
app.add_typer(sandbox_app, name="sandbox")


def main() -> None:
    """The console script. Never ends in a traceback for what Tercet can explain."""
    try:
        code = _guarded()
        sys.stdout.flush()
    except BrokenPipeError:
        code = _reader_has_gone()
    sys.exit(int(code))


def _reader_has_gone() -> Exit:
    """What is still buffered must not raise again when Python closes stdout."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return Exit.BROKEN_PIPE


def _guarded() -> int:
    try:
        return int(app(standalone_mode=False) or Exit.OK)
    except TercetError as error:
        return _explained(error, exit_of(error))
    except ClickException as error:
        return _explained(InvalidRequest(f"{error.format_message()} See `tercet --help`."), Exit.USAGE)
    except (KeyboardInterrupt, typer.Abort):
        return Exit.INTERRUPTED
    except Exception as error:  # the edge of the process: a bug ends in a sentence, TERCET_DEBUG=1 shows the rest
        if os.environ.get("TERCET_DEBUG"):
            raise
        fault = InternalError(
            f"Tercet itself failed ({type(error).__name__}: {error}). TERCET_DEBUG=1 shows where; please report it."
        )
        return _explained(fault, Exit.FAILED)


def _explained(error: TercetError, code: Exit) -> int:
    """Writes the error: a sentence on stderr, or a problem document on stdout."""
    from tercet_server.cli.terminal import open_terminal, problem_of

    terminal = open_terminal("--json" in sys.argv[1:])
    terminal.note(error.sentence)
    terminal.document(problem_of(error))
    return code


def _carry_out(as_json: bool, command: "Callable[[Terminal], Awaitable[Exit]]") -> int:
    from tercet_server.cli.follow import LeftRunning
    from tercet_server.cli.terminal import open_terminal

    terminal = open_terminal(as_json)

    async def carried_out() -> Exit:
        return await command(terminal)

    try:
        return asyncio.run(carried_out())
    except LeftRunning as left:
        terminal.note(str(left))
        return Exit.INTERRUPTED
    except BrokenPipeError:  # caught here, for typer would make it exit code 1
        return _reader_has_gone()


def _print_version(wanted: bool) -> None:
    if wanted:
        from tercet_shared.discovery import installed_version

        typer.echo(f"tercet {installed_version()}")
        raise typer.Exit


@app.callback()
def _options(
    version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    pass


@app.command()
def fix(
    targets: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[PATH|TEST]...",
            help="Failing tests, test files or folders, or one source FILE[:LINE[-LINE]]. Nothing: whatever fails.",
        ),
    ] = None,
    *,
    apply_at_once: ApplyAtOnce = False,
    plan_first: PlanFirst = False,
    trust_it: Trusting = False,
    workspace: InWorkspace = None,
    deadline_s: Deadline = None,
    as_json: AsJson = False,
) -> int:
    """Repair failing tests, prove the repair, and propose it."""
    from tercet_server.cli import requests

    wish = requests.Wish(targets or (), workspace, trust_it, apply_at_once, deadline_s, plan_first=plan_first)
    return _carry_out(as_json, lambda terminal: requests.change("fix", wish, terminal))


run_commands.add_to(app, _carry_out)


@app.command()
def review(
    targets: Annotated[
        list[str] | None, typer.Argument(metavar="[PATH]...", help="What to review. Nothing: the workspace.")
    ] = None,
    base: Annotated[
        str | None,
        typer.Option(
            "--base", metavar="REV", help="Review what has changed since this revision of git, and give a verdict."
        ),
    ] = None,
    trust_it: Trusting = False,
    workspace: InWorkspace = None,
    deadline_s: Deadline = None,
    as_json: AsJson = False,
) -> int:
    """Run syntax, lint and all tests, and list what they find; or judge what has changed since a revision."""
    from tercet_server.cli import requests

    wish = requests.Wish(targets or (), workspace, trust_it, deadline_s=deadline_s, base=base)
    return _carry_out(as_json, lambda terminal: requests.review(wish, terminal))


@app.command()
def explain(
    what: Annotated[
        list[str],
        typer.Argument(
            metavar="WHAT...", help="A file, FILE:LINE, FILE::NAME, the name of a definition, or a question in words."
        ),
    ],
    workspace: InWorkspace = None,
    deadline_s: Deadline = None,
    as_json: AsJson = False,
) -> int:
    """Explain code: what it is, who uses it, which tests reach it."""
    from tercet_server.cli import explain as explaining

    return _carry_out(as_json, lambda terminal: explaining.explain(what, workspace, deadline_s, terminal))


@app.command()
def context(
    words: Annotated[str, typer.Argument(metavar="WORDS", help="What it is about, in your own words.")],
    *,
    why: Annotated[bool, typer.Option("--why", help="Say what speaks for each place.")] = False,
    budget: Annotated[
        int | None,
        typer.Option(
            "--budget", metavar="TOKENS", min=1, max=200_000, help="Print the code itself, within so many tokens."
        ),
    ] = None,
    limit: Annotated[int, typer.Option("--limit", "-n", min=1, max=1000, help="How many places at most.")] = 10,
    now: Annotated[bool, typer.Option("--now", help="Do not wait for an index that is being built.")] = False,
    workspace: InWorkspace = None,
    as_json: AsJson = False,
) -> int:
    """Find the places in the code that some words are about."""
    from tercet_server.cli import code

    wish = code.Search(words, workspace, why, budget, limit, wait=not now)
    return _carry_out(as_json, lambda terminal: code.context(wish, terminal))


@index_app.command("status")
def index_status(workspace: InWorkspace = None, as_json: AsJson = False) -> int:
    """Say how much of the workspace is indexed."""
    from tercet_server.cli import code

    return _carry_out(as_json, lambda terminal: code.status(workspace, terminal))


@index_app.command("rebuild")
def index_rebuild(workspace: InWorkspace = None, as_json: AsJson = False) -> int:
    """Build the index anew from nothing."""
    from tercet_server.cli import code

    return _carry_out(as_json, lambda terminal: code.rebuild(workspace, terminal))


@learn_app.command("show")
def learn_show(workspace: InWorkspace = None, as_json: AsJson = False) -> int:
    """Show how proposals ended in this workspace, and the lessons."""
    from tercet_server.cli import learn

    return _carry_out(as_json, lambda terminal: learn.show(workspace, terminal))


@learn_app.command("reset")
def learn_reset(workspace: InWorkspace = None, as_json: AsJson = False) -> int:
    """Forget all that; runs stay and can still be undone."""
    from tercet_server.cli import learn

    return _carry_out(as_json, lambda terminal: learn.reset(workspace, terminal))


@hooks_app.command("install")
def hooks_install(hook: Hook = "pre-commit", workspace: InWorkspace = None, as_json: AsJson = False) -> int:
    """Review what has changed before git goes on; a hook that is there runs first."""
    from tercet_server.cli import hooks

    return _carry_out(as_json, lambda terminal: hooks.install(hook, workspace, terminal))


@hooks_app.command("remove")
def hooks_remove(hook: Hook = "pre-commit", workspace: InWorkspace = None, as_json: AsJson = False) -> int:
    """Take the hook away, and put back what was there before."""
    from tercet_server.cli import hooks

    return _carry_out(as_json, lambda terminal: hooks.remove(hook, workspace, terminal))


@app.command()
def trust(
    folder: Annotated[
        Path | None, typer.Argument(metavar="[PATH]", help="The workspace. Nothing: the one you are in.")
    ] = None,
    revoke: Annotated[bool, typer.Option("--revoke", help="Take the trust back.")] = False,
    as_json: AsJson = False,
) -> int:
    """Let the tests of a workspace run."""
    from tercet_server.cli import environment

    return _carry_out(as_json, lambda terminal: environment.trust(folder, revoke, terminal))


@app.command()
def doctor(
    folder: Annotated[Path | None, typer.Argument(metavar="[PATH]", help="A workspace to look at, too.")] = None,
    as_json: AsJson = False,
) -> int:
    """Say what is found, what is missing, and how to get it."""
    from tercet_server.cli import environment

    return _carry_out(as_json, lambda terminal: environment.doctor(folder, terminal))


@app.command()
def models(as_json: AsJson = False) -> int:
    """List the language models, and what they did and cost today."""
    from tercet_server.cli import environment

    return _carry_out(as_json, environment.models)


@app.command()
def lsp() -> None:
    """Become the language server on stdin and stdout (the same as `tercet-lsp`)."""
    os.execv(sys.executable, [sys.executable, "-P", "-m", "tercet_lsp"])  # noqa: S606  # no shell is wanted: the process itself becomes the server


@app.command()
def acp() -> int:
    """Become an agent of the Agent Client Protocol on stdin and stdout, for editors that talk to agents."""
    from tercet_server.cli.acp.serving import serve

    return asyncio.run(serve())


@daemon_app.command("start")
def daemon_start(as_json: AsJson = False) -> int:
    """Start the daemon if it does not run."""
    from tercet_server.cli import daemon

    return _carry_out(as_json, daemon.start)


@daemon_app.command("stop")
def daemon_stop(
    if_idle: Annotated[
        bool, typer.Option("--if-idle", help="Only if nothing runs and no editor is connected.")
    ] = False,
    as_json: AsJson = False,
) -> int:
    """Stop the daemon; unfinished runs resume when it starts again."""
    from tercet_server.cli import daemon

    return _carry_out(as_json, lambda terminal: daemon.stop(if_idle, terminal))


@daemon_app.command("status")
def daemon_status(as_json: AsJson = False) -> int:
    """Say whether the daemon runs, and where."""
    from tercet_server.cli import daemon

    return _carry_out(as_json, daemon.status)


@daemon_app.command("logs")
def daemon_logs(
    follow: Annotated[bool, typer.Option("--follow", "-f", help="Go on until Ctrl-C.")] = False,
    lines: Annotated[int, typer.Option("--lines", "-n", min=1, help="How many of the last lines.")] = 200,
    as_json: AsJson = False,
) -> int:
    """Print the end of the daemon's log."""
    from tercet_server.cli import daemon

    return _carry_out(as_json, lambda terminal: daemon.logs(follow, lines, terminal))


@sandbox_app.command("status")
def sandbox_status(as_json: AsJson = False) -> int:
    """Say what this machine offers, and what is used."""
    from tercet_server.cli import sandbox

    return _carry_out(as_json, sandbox.status)


@sandbox_app.command("build")
def sandbox_build(
    runtimes: Annotated[
        list[str] | None,
        typer.Argument(metavar="[RUNTIME]...", help="python, node, go, rust, java; nothing: this machine's own."),
    ] = None,
    as_json: AsJson = False,
) -> int:
    """Build the images that containers are made of."""
    from tercet_server.cli import sandbox

    return _carry_out(as_json, lambda terminal: sandbox.build(runtimes or [], terminal))


@sandbox_app.command("test")
def sandbox_test(as_json: AsJson = False) -> int:
    """Set attacks on the sandbox in use, and say what it keeps in."""
    from tercet_server.cli import sandbox

    return _carry_out(as_json, sandbox.test)

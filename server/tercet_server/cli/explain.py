"""The command `tercet explain`: from what was typed to a question, and from the answer's Markdown to the terminal."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tercet_shared.errors import InvalidRequest, NotFound
from tercet_shared.runs import Intent, Run, RunRequest, Target

from tercet_server.cli import project, render
from tercet_server.cli.exits import Exit
from tercet_server.cli.follow import follow
from tercet_server.cli.progress import watch_for
from tercet_server.cli.requests import exit_of_run
from tercet_server.cli.session import Session
from tercet_server.cli.terminal import Terminal, printable

_NAME = re.compile(r"[^\W\d]\w*(\.[^\W\d]\w*)*")
_MEANT_AS_PLACE = re.compile(r"\S+(:\d+(-\d+)?|::\S+)|\S+/\S+\.\w+")


@dataclass(frozen=True)
class Asked:
    """What is to be explained. `words`: the question, where it is more than a place."""

    root: Path
    target: Target
    words: str


async def explain(
    arguments: Sequence[str], workspace: Path | None, deadline_s: float | None, terminal: Terminal
) -> Exit:
    """Explains a file, lines of one, a definition, or what some words are about. Runs nothing of the workspace."""
    asked = take_apart(arguments, workspace)
    async with Session() as session:
        return await answered(session, asked, deadline_s, terminal)


async def answered(session: Session, asked: Asked, deadline_s: float | None, terminal: Terminal) -> Exit:
    """Asks, waits and shows the answer. A question runs nothing of the workspace, so that it need not be trusted."""
    workspace = await session.workspace(asked.root)
    request = RunRequest(
        workspace_id=workspace.id,
        intent=Intent.EXPLAIN,
        target=asked.target,
        instructions=asked.words,
        client_id=session.client_id,
        deadline_s=deadline_s,
    )
    started = await session.client.start_run(request)
    run = await follow(session, started.id, watch_for(terminal))
    _show_answer(run, terminal)
    terminal.document({"run": run, "proposal": None})
    return exit_of_run(run)


def _show_answer(run: Run, terminal: Terminal) -> None:
    """Rendered on a terminal; as it is in a pipe, where Markdown is what a program wants."""
    if run.answer is None:
        terminal.show(render.outcome(run, None))
    elif terminal.out.is_terminal:
        from rich.markdown import Markdown

        terminal.show(Markdown(printable(run.answer), hyperlinks=False))
    else:
        terminal.show(render.outcome(run, None))


def take_apart(arguments: Sequence[str], workspace: Path | None) -> Asked:
    """At most one place; a single name besides is a definition, anything more a question. Raises InvalidRequest."""
    root, target, words = project.named_root(workspace), Target(), list[str]()
    for argument in arguments:
        place = _place(argument, workspace)
        if place is None:
            words.append(argument)
        elif target != Target():
            raise InvalidRequest("Name one place at a time: a file, FILE:LINE, or FILE::NAME.")
        else:
            root, target = place
    if len(words) == 1 and _NAME.fullmatch(words[0]) and target.range is None and target.symbol is None:
        return Asked(root, target.model_copy(update={"symbol": words[0]}), "")
    return Asked(root, target, " ".join(words))


def _place(argument: str, workspace: Path | None) -> tuple[Path, Target] | None:
    """The root and the target, if the argument names a file; None for words.

    Raises NotFound for what looks like a file and is none, InvalidRequest for a folder.
    """
    try:
        root, target = project.resolve([argument], workspace)
    except NotFound:
        if _MEANT_AS_PLACE.fullmatch(argument):
            raise
        return None
    if target.path is not None:
        return root, target
    path, _, name = "".join(target.tests[:1]).partition("::")
    if not (root / path).is_file():
        raise InvalidRequest(f"{argument} is a folder. Name a file of it, FILE:LINE, a definition, or ask in words.")
    return root, Target(path=path, symbol=name.partition("[")[0].replace("::", ".") or None)

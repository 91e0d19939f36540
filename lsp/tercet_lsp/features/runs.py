"""The commands that start, steer and stop runs. Each answers at once with the run's id; how it goes is told as it happens."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from lsprotocol import types
from tercet_shared.errors import InvalidRequest, NotFound
from tercet_shared.ids import RunId

from tercet_lsp.convert.arguments import Arguments, Command
from tercet_lsp.convert.positions import from_editor_range
from tercet_lsp.editor import CommandHandler, Editor
from tercet_lsp.session.folders import Folder
from tercet_lsp.session.runs import Aim

if TYPE_CHECKING:
    from tercet_shared.findings import Finding

MOST_CHARACTERS = 1000
"""Of a message."""

PLACE = ("uri", "range", "instructions")
"""What every command that starts a run may be given."""

INTENTS = {
    Command.IMPLEMENT: "implement",
    Command.TEST: "test",
    Command.DOCUMENT: "document",
    Command.EXPLAIN: "explain",
    Command.REFACTOR: "refactor",
    Command.OPTIMISE: "optimise",
    Command.SECURE: "secure",
}
"""The commands that are the intent and a place."""


def register(ls: Editor) -> None:
    ls.add_command(Command.RUN, run, "intent", "tests", "plan_first", *PLACE)
    ls.add_command(Command.PLAN, plan, "intent", "tests", *PLACE)
    ls.add_command(Command.FIX, fix, "finding", "tests", *PLACE)
    ls.add_command(Command.REVIEW, review, "uri", "base")
    ls.add_command(Command.RUN_TESTS, run_tests, "uri", "tests")
    for command, intent in INTENTS.items():
        ls.add_command(command, _of_intent(intent), *PLACE)
    ls.add_command(Command.CANCEL, cancel, "run")
    ls.add_command(Command.APPROVE, approve, "run")
    ls.add_command(Command.STEER, steer, "run", "instructions")
    ls.add_command(Command.RETRY, retry, "run", "instructions")


# -- start ----------------------------------------------------------------------------------------------------------------


async def run(ls: Editor, arguments: Arguments) -> object:
    """`tercet.run`: any intent, or what the instructions ask for in free text; it is said what that is understood as."""
    if arguments.intent is not None:
        return await _start(ls, arguments, arguments.intent)
    if not (arguments.instructions or "").strip():
        raise InvalidRequest("Say what to do in `instructions`, or name an `intent`.")
    folder, aim = _of_place(ls, arguments)
    run_id, sentences = await ls.session.run_words(folder, aim)
    ls.show(" ".join(sentences)[:MOST_CHARACTERS])
    return {"run": run_id, "understood": sentences}


async def plan(ls: Editor, arguments: Arguments) -> object:
    """`tercet.plan`: as `tercet.run`, but it stops with its plan and waits for the user's approval."""
    return await run(ls, replace(arguments, plan_first=True))


async def fix(ls: Editor, arguments: Arguments) -> object:
    """`tercet.fix`: repairs a finding, some tests, a place in a file, or whatever fails."""
    if arguments.finding is None:
        return await _start(ls, arguments, "fix")
    folder, aim = _of_finding(ls, arguments.finding)
    aim = replace(aim, instructions=arguments.instructions or "")
    return {"run": await ls.session.start_run(folder, "fix", aim)}


async def review(ls: Editor, arguments: Arguments) -> object:
    """`tercet.review`: runs every check and test of the workspace, or judges what has changed since a revision of git."""
    return {"run": await ls.session.start_run(ls.only_folder(arguments), "review", Aim(base=arguments.base))}


async def run_tests(ls: Editor, arguments: Arguments) -> object:
    """`tercet.runTests`: runs single tests and nothing else; changes nothing."""
    if not arguments.tests or not all("::" in each for each in arguments.tests):
        raise InvalidRequest('Name each test with its file: `{"tests": ["tests/test_cart.py::test_total"]}`.')
    return {"run": await ls.session.start_run(ls.only_folder(arguments), "review", Aim(tests=arguments.tests))}


def _of_intent(intent: str) -> CommandHandler:
    async def start(ls: Editor, arguments: Arguments) -> object:
        return await _start(ls, arguments, intent)

    return start


async def _start(ls: Editor, arguments: Arguments, intent: str) -> object:
    folder, aim = _of_place(ls, arguments)
    return {"run": await ls.session.start_run(folder, intent, aim)}


# -- stop ----------------------------------------------------------------------------------------------------------------


async def cancel(ls: Editor, arguments: Arguments) -> object:
    """`tercet.cancel`: stops a run, or all that this editor started."""
    if arguments.run:
        runs = [RunId(arguments.run)]
    else:
        mine = [run for run in ls.session.mirror.runs() if run.client_id == ls.session.client_id]
        runs = [run.id for run in mine if run.is_active]
    for run_id in runs:
        await ls.session.ask(lambda daemon, run_id=run_id: daemon.cancel_run(run_id))  # type: ignore[misc]  # mypy cannot infer a lambda with a default
    return {"cancelled": runs}


async def approve(ls: Editor, arguments: Arguments) -> object:
    """`tercet.approve`: the run that waits goes on with its plan."""
    run_id = _named(arguments)
    await ls.session.ask(lambda daemon: daemon.approve_run(run_id), repeatable=False)
    return {"run": run_id}


async def steer(ls: Editor, arguments: Arguments) -> object:
    """`tercet.steer`: tells a run that is going on, or waits, what to heed."""
    run_id, instructions = _named(arguments), arguments.instructions
    if not instructions:
        raise InvalidRequest("Say in `instructions` what the run should heed.")
    await ls.session.ask(lambda daemon: daemon.steer_run(run_id, instructions), repeatable=False)
    return {"run": run_id}


async def retry(ls: Editor, arguments: Arguments) -> object:
    """`tercet.retry`: the same request again (with more instructions), on the texts as they are now; a new run."""
    run_id = _named(arguments)
    await ls.session.flush()
    words = arguments.instructions or ""
    again = await ls.session.ask(lambda daemon: daemon.run_again(run_id, words), repeatable=False)
    return {"run": again.id}


def _named(arguments: Arguments) -> RunId:
    if not arguments.run:
        raise InvalidRequest('Say which run: `{"run": …}`.')
    return RunId(arguments.run)


# -- what a run is about --------------------------------------------------------------------------------------------------


def _of_finding(ls: Editor, finding_id: str) -> tuple[Folder, Aim]:
    found = ls.session.mirror.finding(finding_id)
    folder = ls.session.folders.of(found[0]) if found else None
    if found is None or folder is None:
        raise NotFound("This finding is no longer there: the text has changed since. Pick a current one.")
    return folder, _aim_at(found[1])


def _aim_at(finding: Finding) -> Aim:
    if finding.test is not None:
        return Aim(tests=[finding.test])
    return Aim(path=finding.path, range=(finding.range.start.as_tuple(), finding.range.end.as_tuple()))


def _of_place(ls: Editor, arguments: Arguments) -> tuple[Folder, Aim]:
    folder = ls.only_folder(arguments)
    place = ls.locate(arguments.uri) if arguments.uri else None
    asked = Aim(instructions=arguments.instructions or "", plan_first=arguments.plan_first)
    if arguments.tests:
        return folder, replace(asked, tests=arguments.tests)
    if place is None:
        return folder, asked
    return folder, replace(asked, path=place.path, range=_code_points(ls, arguments.uri or "", arguments.range))


def _code_points(ls: Editor, uri: str, given: types.Range | None) -> tuple[tuple[int, int], tuple[int, int]] | None:
    if given is None:
        return None
    document = ls.documents.of(uri)
    if document is None:
        raise InvalidRequest("A range can be given for an open document only. Open the file, or leave the range out.")
    return from_editor_range(given, document.text, document.encoding)

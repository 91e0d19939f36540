"""The commands that start and stop runs and tell how things stand. Long work answers at once with the run's id."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lsprotocol import types
from tercet_shared.errors import InvalidRequest, NotFound
from tercet_shared.ids import RunId

from tercet_lsp.convert.arguments import Arguments, Command
from tercet_lsp.convert.evidence import doctor_markdown
from tercet_lsp.convert.positions import from_editor_range
from tercet_lsp.editor import Editor
from tercet_lsp.session.folders import Folder
from tercet_lsp.session.runs import Aim

if TYPE_CHECKING:
    from tercet_shared.findings import Finding


def register(ls: Editor) -> None:
    ls.add_command(Command.FIX, fix, "finding", "uri", "range", "tests")
    ls.add_command(Command.REVIEW, review, "uri")
    ls.add_command(Command.CANCEL, cancel, "run")
    ls.add_command(Command.STATUS, status)
    ls.add_command(Command.DOCTOR, doctor, "uri", "open")


async def fix(ls: Editor, arguments: Arguments) -> object:
    """`tercet.fix`: repairs a finding, some tests, a place in a file, or whatever fails."""
    folder, aim = _of_finding(ls, arguments.finding) if arguments.finding else await _of_place(ls, arguments)
    return {"run": await ls.session.start_run(folder, "fix", aim)}


async def review(ls: Editor, arguments: Arguments) -> object:
    """`tercet.review`: runs every check and test of the workspace and shows what they find."""
    return {"run": await ls.session.start_run(ls.only_folder(arguments), "review", Aim())}


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


async def status(ls: Editor, arguments: Arguments) -> object:
    """`tercet.status`: the daemon, the workspaces, the runs that are going on, the proposals that wait."""
    health = await ls.session.ask(lambda daemon: daemon.health())
    workspaces = [each for folder in ls.session.folders if (each := ls.session.folders.workspace(folder))]
    return {
        "daemon": health.model_dump(mode="json"),
        "workspaces": [workspace.model_dump(mode="json") for workspace in workspaces],
        "runs": [
            {"run": run.id, "intent": run.intent, "state": run.state, "message": run.message}
            for run in ls.session.mirror.runs()
            if run.is_active
        ],
        "proposals": [{"proposal": each.id, "title": each.title} for each in ls.session.mirror.offered()],
    }


async def doctor(ls: Editor, arguments: Arguments) -> object:
    """`tercet.doctor`: what is there and what is missing, as Markdown."""
    folders = list(ls.session.folders)
    folder = ls.only_folder(arguments) if arguments.uri or len(folders) == 1 else None
    workspace = ls.session.folders.workspace(folder) if folder else None
    report = await ls.session.ask(lambda daemon: daemon.doctor(workspace.id if workspace else None))
    markdown = doctor_markdown(report)
    if arguments.open:
        ls.in_background(ls.present(markdown, "The report of `tercet doctor` in a terminal says what is missing."))
    return markdown


# -- parts ----------------------------------------------------------------------------------------------------------------


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


async def _of_place(ls: Editor, arguments: Arguments) -> tuple[Folder, Aim]:
    folder = ls.only_folder(arguments)
    place = ls.locate(arguments.uri) if arguments.uri else None
    if arguments.tests:
        return folder, Aim(tests=arguments.tests)
    if place is None:
        return folder, Aim()
    return folder, Aim(path=place.path, range=await _code_points(ls, arguments.uri or "", arguments.range))


async def _code_points(
    ls: Editor, uri: str, given: types.Range | None
) -> tuple[tuple[int, int], tuple[int, int]] | None:
    if given is None:
        return None
    document = ls.documents.of(uri)
    if document is None:
        raise InvalidRequest("A range can be given for an open document only. Open the file, or leave the range out.")
    return from_editor_range(given, document.text, document.encoding)

"""The commands that tell how things stand: the daemon, its machine, the index, the models and what they cost. Start nothing."""

from __future__ import annotations

from tercet_lsp.convert.arguments import Arguments, Command
from tercet_lsp.convert.evidence import doctor_markdown
from tercet_lsp.editor import Editor


def register(ls: Editor) -> None:
    ls.add_command(Command.STATUS, status)
    ls.add_command(Command.DOCTOR, doctor, "uri", "open")
    ls.add_command(Command.INDEX, index, "uri", "rebuild")
    ls.add_command(Command.MODELS, models)
    ls.add_command(Command.BUDGET, budget)


async def status(ls: Editor, arguments: Arguments) -> object:
    """`tercet.status`: the daemon, the workspaces, the runs that are going on, the proposals that wait."""
    health = await ls.session.ask(lambda daemon: daemon.health())
    return {
        "daemon": health.model_dump(mode="json"),
        "workspaces": [workspace.model_dump(mode="json") for workspace in ls.session.folders.workspaces()],
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


async def index(ls: Editor, arguments: Arguments) -> object:
    """`tercet.index`: how much of the folder is indexed; `rebuild` starts it over."""
    workspace = ls.session.workspace(ls.only_folder(arguments))
    rebuild = arguments.rebuild
    found = await ls.session.ask(lambda daemon: daemon.index(workspace.id, rebuild=rebuild))
    return found.model_dump(mode="json")


async def models(ls: Editor, arguments: Arguments) -> object:
    """`tercet.models`: the configured models, whether they can be asked, and what they did today."""
    report = await ls.session.ask(lambda daemon: daemon.models())
    return report.model_dump(mode="json")


async def budget(ls: Editor, arguments: Arguments) -> object:
    """`tercet.budget`: what was spent today, and the cap, in US dollars."""
    report = await ls.session.ask(lambda daemon: daemon.models())
    left = max(report.day_usd - report.spent_usd, 0.0)
    return {"spent_usd": report.spent_usd, "day_usd": report.day_usd, "left_usd": left}

"""The commands about runs that exist already: list, show, apply, discard, undo, cancel."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path, PurePath

from tercet_shared.discovery import installed_version
from tercet_shared.errors import Conflict, InvalidRequest
from tercet_shared.evidence import evidence_document
from tercet_shared.ids import ProposalId, workspace_id
from tercet_shared.proposals import DiscardRequest, Part, Proposal, ProposalState
from tercet_shared.runs import Intent, Run

from tercet_server.cli import project, render
from tercet_server.cli.evidence import Format
from tercet_server.cli.evidence.markdown import markdown
from tercet_server.cli.evidence.sarif import sarif
from tercet_server.cli.exits import Exit
from tercet_server.cli.naming import is_unfinished, named
from tercet_server.cli.requests import show_run
from tercet_server.cli.session import Session
from tercet_server.cli.terminal import Terminal


async def list_runs(workspace: Path | None, every: bool, limit: int, terminal: Terminal) -> Exit:
    """The runs of one workspace, or of all, newest first."""
    chosen = None if every else workspace_id(project.named_root(workspace))
    async with Session() as session:
        runs = await session.client.runs(chosen, limit)
    terminal.show(render.runs(runs))
    terminal.document(runs)
    return Exit.OK


async def show(name: str, workspace: Path | None, terminal: Terminal) -> Exit:
    async with Session() as session:
        run = await named(session, name, workspace, _is_change)
        proposal = await session.client.proposal(run.proposal_id) if run.proposal_id else None
    terminal.show(render.run_header(run))
    show_run(run, proposal, terminal)
    terminal.document({"run": run, "proposal": proposal})
    return Exit.OK


async def show_evidence(name: str, workspace: Path | None, wanted: Format, terminal: Terminal) -> Exit:
    """The evidence for a run's proposal, alone, as a document for other programs or for a pull request."""
    if terminal.as_json and wanted is Format.MARKDOWN:
        raise InvalidRequest("Markdown is no JSON: leave out --json, or ask for --evidence json.")
    async with Session() as session:
        run = await named(session, name, workspace, _has_proposal)
        proposal = await session.client.proposal(_proposal_id(run))
    document = evidence_document(run, proposal, installed_version())
    if wanted is Format.MARKDOWN:
        terminal.write(markdown(document))
    else:
        replace(terminal, as_json=True).document(sarif(document) if wanted is Format.SARIF else document)
    return Exit.OK


async def apply(name: str, workspace: Path | None, terminal: Terminal) -> Exit:
    async with Session() as session:
        run = await named(session, name, workspace, _has_proposal)
        proposal = await session.client.apply(_proposal_id(run), session.client_id)
    return _done(f"Applied to {_paths(proposal)}. Undo it with `tercet undo {run.id}`.", proposal, terminal)


async def undo(name: str, workspace: Path | None, terminal: Terminal) -> Exit:
    async with Session() as session:
        run = await named(session, name, workspace, _has_proposal)
        proposal = await session.client.undo(_proposal_id(run), session.client_id)
    return _done(f"Undone in {_paths(proposal)}; later edits were kept.", proposal, terminal)


async def discard(name: str, workspace: Path | None, files: Sequence[str], terminal: Terminal) -> Exit:
    """The whole proposal, or its changes of `files` (as the diff names them)."""
    async with Session() as session:
        run = await named(session, name, workspace, _has_proposal)
        request = DiscardRequest(client_id=session.client_id, parts=[_part(file) for file in files] or None)
        proposal = await session.client.discard(_proposal_id(run), request)
    if proposal.state is ProposalState.OFFERED:
        left = f"What is left, of {_paths(proposal)}, is unverified: see `tercet show {run.id}`."
        return _done(f"Discarded the change of {', '.join(files)}. No file was touched. {left}", proposal, terminal)
    return _done("Discarded. No file was touched.", proposal, terminal)


async def cancel(name: str, workspace: Path | None, terminal: Terminal) -> Exit:
    async with Session() as session:
        run = await named(session, name, workspace, is_unfinished)
        run = await session.client.cancel_run(run.id)
    terminal.show(f"The run is {render.state_name(run.state)}.")
    terminal.document(run)
    return Exit.OK


def _part(file: str) -> Part:
    try:
        return Part(path=PurePath(file).as_posix())
    except ValueError as error:
        raise InvalidRequest(
            f"--file takes a path as the diff names it, relative to the workspace; not {file!r}."
        ) from error


def _has_proposal(run: Run) -> bool:
    return run.proposal_id is not None


def _is_change(run: Run) -> bool:
    return run.intent is not Intent.REVIEW


def _proposal_id(run: Run) -> ProposalId:
    if run.proposal_id is None:
        raise Conflict(
            f"Run {run.id} is {render.state_name(run.state)} and has no proposal. See `tercet show {run.id}`."
        )
    return run.proposal_id


def _paths(proposal: Proposal) -> str:
    return ", ".join(proposal.change_set.paths)


def _done(sentence: str, proposal: Proposal, terminal: Terminal) -> Exit:
    terminal.show(sentence)
    terminal.document(proposal)
    return Exit.OK

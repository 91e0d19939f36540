"""The commands that start a run, or let one go on, and stay with it."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tercet_shared.errors import InternalError
from tercet_shared.findings import FileFindings, Finding, Severity, Source
from tercet_shared.proposals import Proposal
from tercet_shared.runs import Again, Intent, Run, RunRequest, RunState, Target

from tercet_server.cli import project, render
from tercet_server.cli.exits import Exit, exit_of_code
from tercet_server.cli.follow import LeftRunning, begin_of_round, follow
from tercet_server.cli.naming import is_unfinished, named
from tercet_server.cli.progress import watch_for
from tercet_server.cli.session import Session
from tercet_server.cli.terminal import Terminal

_EXIT_OF_STATE = {
    RunState.NO_CANDIDATE: Exit.FAILED,
    RunState.CANCELLED: Exit.INTERRUPTED,
    RunState.SUPERSEDED: Exit.CONFLICT,
}


@dataclass(frozen=True)
class Wish:
    """What the person asked for, as typed."""

    arguments: Sequence[str] = ()
    workspace: Path | None = None
    trust: bool = False
    apply: bool = False
    deadline_s: float | None = None
    instructions: str = ""
    plan_first: bool = False
    base: str | None = None
    """For a review: the revision since which changes are judged."""


async def change(what: str, wish: Wish, terminal: Terminal) -> Exit:
    """Has a change worked out and shows the proposal; applies it if so wished and nothing stands against it.

    `what` is an intent that changes code.
    """
    intent = Intent(what)
    root, target = project.resolve(wish.arguments, wish.workspace, symbols=intent is not Intent.FIX)
    async with Session() as session:
        run = await carry_out(session, root, target, intent, wish, terminal)
        return await ended(session, run, terminal, apply=wish.apply)


async def approve(name: str, workspace: Path | None, terminal: Terminal) -> Exit:
    """Lets a run go on by its plan, and stays with it."""
    async with Session() as session:
        run = await named(session, name, workspace, lambda run: run.state is RunState.WAITING)
        return await _gone_on(session, await session.client.approve_run(run.id), terminal)


async def steer(name: str, instructions: str, workspace: Path | None, terminal: Terminal) -> Exit:
    """Tells a run something more, and stays with it."""
    async with Session() as session:
        run = await named(session, name, workspace, is_unfinished)
        return await _gone_on(session, await session.client.steer_run(run.id, instructions), terminal)


async def again(name: str, instructions: str, workspace: Path | None, terminal: Terminal) -> Exit:
    """Starts a new run like an earlier one, told something more or not, and stays with it."""
    async with Session() as session:
        run = await named(session, name, workspace, lambda run: run.intent is not Intent.REVIEW)
        wish = Again(instructions=instructions, client_id=session.client_id)
        return await _gone_on(session, await session.client.run_again(run.id, wish), terminal)


async def _gone_on(session: Session, run: Run, terminal: Terminal) -> Exit:
    terminal.note(f"Run {run.id}")
    begun = await begin_of_round(session, run)
    return await ended(session, await follow(session, run.id, watch_for(terminal), begun), terminal, apply=False)


async def ended(session: Session, run: Run, terminal: Terminal, *, apply: bool) -> Exit:
    """Shows what came of a run that changes code, and applies it if so wished."""
    proposal = await session.client.proposal(run.proposal_id) if run.proposal_id else None
    risky = proposal is not None and bool(proposal.evidence.risks)
    if proposal is not None and apply and run.state is RunState.PROPOSED and not risky:
        proposal = await session.client.apply(proposal.id, session.client_id)
        run = await session.client.run(run.id)
    show_run(run, proposal, terminal)
    terminal.document({"run": run, "proposal": proposal})
    if apply and run.state is RunState.WAITING and not run.plan_first:
        terminal.note("Nothing is applied yet: the plan waits for you.")
        return Exit.UNDECIDED
    if apply and risky and run.state is RunState.PROPOSED:
        terminal.note("Not applied at once: it is risky, so look at it first.")
        return Exit.UNDECIDED
    return exit_of_run(run)


async def review(wish: Wish, terminal: Terminal) -> Exit:
    """Runs all checks and tests of a workspace and lists what they find, or judges what has changed since a revision."""
    root, target = project.resolve(wish.arguments, wish.workspace)
    target = target.model_copy(update={"base": wish.base})
    async with Session() as session:
        run = await carry_out(session, root, target, Intent.REVIEW, wish, terminal)
        return await reviewed(session, run, target, terminal)


async def reviewed(session: Session, run: Run, target: Target, terminal: Terminal) -> Exit:
    """Shows what a review found, or its verdict; AGAINST where that says that the change should not be taken as it is."""
    if target.base is not None:
        return _judged(run, terminal)
    files = await session.client.findings(run.workspace_id)
    if target.is_single_tests:  # nothing else was looked at
        files = [each.model_copy(update={"findings": _about(target, each)}) for each in files if _about(target, each)]
    findings = [each for file in files for each in file.findings if each.source is not Source.SUSPECT]
    terminal.show(*(render.finding(each) for each in findings), render.outcome(run, None))
    terminal.document({"run": run, "files": files})
    broken = any(each.severity is Severity.ERROR for each in findings)
    return Exit.FAILED if run.state is RunState.COMPLETED and broken else exit_of_run(run)


def _about(target: Target, file: FileFindings) -> list[Finding]:
    return [each for each in file.findings if each.test is not None and target.is_about(each.test)]


def _judged(run: Run, terminal: Terminal) -> Exit:
    terminal.show(render.outcome(run, None))
    terminal.document({"run": run})
    against = run.answer is not None and run.answer.startswith("**Not as it is")
    return Exit.AGAINST if run.state is RunState.COMPLETED and against else exit_of_run(run)


async def carry_out(
    session: Session, root: Path, target: Target, intent: Intent, wish: Wish, terminal: Terminal
) -> Run:
    """Starts a run in a workspace that is trusted, or becomes so, and stays with it."""
    workspace = await session.trusted_workspace(root, terminal, trust=wish.trust)
    run = await session.client.start_run(
        RunRequest(
            workspace_id=workspace.id,
            intent=intent,
            target=target,
            instructions=wish.instructions,
            deadline_s=wish.deadline_s,
            plan_first=wish.plan_first,
        )
    )
    terminal.note(f"Run {run.id} in {workspace.root}")
    return await follow(session, run.id, watch_for(terminal))


def show_run(run: Run, proposal: Proposal | None, terminal: Terminal) -> None:
    """The plan, the proposal with its evidence and diff, and what to do next."""
    if run.plan is not None:
        terminal.show(render.plan(run.plan))
    if proposal is not None:
        terminal.show(render.proposal(proposal))
    terminal.show(render.outcome(run, proposal))


def exit_of_run(run: Run) -> Exit:
    if run.state is RunState.FAILED:
        return exit_of_code(run.problem.code if run.problem else InternalError.code)
    return _EXIT_OF_STATE.get(run.state, Exit.OK)


__all__ = ["LeftRunning", "Wish", "again", "approve", "change", "exit_of_run", "review", "show_run", "steer"]

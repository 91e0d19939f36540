"""The state machines of runs and proposals: pure tables, and nothing else decides what may follow what."""

from tercet_shared.errors import AlreadyClaimed, Conflict
from tercet_shared.proposals import ClaimKind, Proposal, ProposalState
from tercet_shared.runs import END_STATES, Run, RunState

_S = RunState
_STOPS = frozenset({_S.FAILED, _S.CANCELLED, _S.SUPERSEDED})
"""How any run that is at work may stop."""

TRANSITIONS: dict[RunState, frozenset[RunState]] = {
    _S.QUEUED: _STOPS | {_S.PLANNING},  # and back again: whoever steers a run has it begin anew
    _S.PLANNING: _STOPS | {_S.QUEUED, _S.CODING, _S.WAITING, _S.COMPLETED, _S.NO_CANDIDATE},
    _S.CODING: _STOPS | {_S.QUEUED, _S.CHECKING, _S.WAITING, _S.PROPOSED, _S.COMPLETED, _S.NO_CANDIDATE},
    _S.CHECKING: _STOPS | {_S.QUEUED, _S.CODING, _S.WAITING, _S.PROPOSED, _S.COMPLETED, _S.NO_CANDIDATE},
    _S.WAITING: _STOPS | {_S.QUEUED},
    _S.PROPOSED: frozenset({_S.APPLYING, _S.DISCARDED, _S.SUPERSEDED}),
    _S.APPLYING: frozenset({_S.APPLIED, _S.PROPOSED, _S.SUPERSEDED}),
    _S.APPLIED: frozenset({_S.UNDONE}),
    **{end: frozenset() for end in END_STATES - {_S.APPLIED}},
}

_P = ProposalState
PROPOSAL_TRANSITIONS: dict[ProposalState, frozenset[ProposalState]] = {
    _P.OFFERED: frozenset({_P.CLAIMED, _P.DISCARDED, _P.SUPERSEDED}),
    _P.CLAIMED: frozenset({_P.APPLIED, _P.OFFERED, _P.UNDONE, _P.SUPERSEDED}),
    _P.APPLIED: frozenset({_P.CLAIMED}),
    _P.DISCARDED: frozenset(),
    _P.SUPERSEDED: frozenset(),
    _P.UNDONE: frozenset(),
}

RUN_STATE_OF: dict[ProposalState, RunState] = {
    _P.OFFERED: _S.PROPOSED,
    _P.APPLIED: _S.APPLIED,
    _P.UNDONE: _S.UNDONE,
    _P.DISCARDED: _S.DISCARDED,
    _P.SUPERSEDED: _S.SUPERSEDED,
}
"""Where a run stands once its proposal stands there."""

WORKING_STATES = frozenset({_S.QUEUED, _S.PLANNING, _S.CODING, _S.CHECKING})
"""States in which a workflow carries the run."""

RESTED_FOR_GOOD = END_STATES | {_S.PROPOSED, _S.APPLYING}
"""States from which a run is not taken up again: whoever wants more asks for a new one."""


def may_move(current: RunState, to: RunState) -> bool:
    return to in TRANSITIONS[current]


def check_move(run_id: str, current: RunState, to: RunState) -> None:
    """Raises Conflict if a run may not go from `current` to `to`."""
    if not may_move(current, to):
        raise Conflict(f"Run {run_id} is {current} and cannot become {to}.", state=current.value)


def check_proposal_move(proposal_id: str, current: ProposalState, to: ProposalState) -> None:
    """Raises Conflict if a proposal may not go from `current` to `to`."""
    if to not in PROPOSAL_TRANSITIONS[current]:
        raise Conflict(f"Proposal {proposal_id} is {current} and cannot become {to}.", state=current.value)


def check_current(proposal: Proposal, run: Run) -> None:
    """Raises Conflict for a proposal of which a part was discarded: another stands in its place."""
    if run.proposal_id != proposal.id:
        raise Conflict(
            f"A part of proposal {proposal.id} was discarded meanwhile. What is left of it is proposal {run.proposal_id}:"
            " look at that one.",
            proposal_id=run.proposal_id,
        )


def check_discardable(proposal: Proposal) -> None:
    """Raises AlreadyClaimed while somebody applies it, Conflict if it is not offered any more."""
    if proposal.state is ProposalState.CLAIMED:
        raise AlreadyClaimed(f"Proposal {proposal.id} is being applied by another client; look again shortly.")
    if proposal.state is not ProposalState.OFFERED:
        raise Conflict(
            f"Proposal {proposal.id} is {proposal.state}, so nothing of it can be discarded.",
            state=proposal.state.value,
        )


def claimable_state(kind: ClaimKind) -> ProposalState:
    """Where a proposal must stand to be claimed for this."""
    return ProposalState.OFFERED if kind is ClaimKind.APPLY else ProposalState.APPLIED


def check_claimable(proposal: Proposal, kind: ClaimKind, expected: ProposalState) -> None:
    """Raises AlreadyClaimed if somebody else was first, Conflict if there is nothing to apply or undo."""
    if proposal.state is expected:
        return
    if proposal.state is ProposalState.CLAIMED:
        raise AlreadyClaimed(
            f"Proposal {proposal.id} is being applied or undone by another client; look again shortly."
        )
    if proposal.state is ProposalState.APPLIED:
        raise AlreadyClaimed(f"Proposal {proposal.id} has been applied already: there is nothing left to do here.")
    wanted = "applied" if kind is ClaimKind.APPLY else "undone"
    raise Conflict(f"Proposal {proposal.id} is {proposal.state}, so it cannot be {wanted}.", state=proposal.state.value)

"""The tables of what may follow what."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tercet_server.ledger.states import (
    PROPOSAL_TRANSITIONS,
    RUN_STATE_OF,
    TRANSITIONS,
    WORKING_STATES,
    check_move,
    check_proposal_move,
    may_move,
)
from tercet_shared.errors import Conflict
from tercet_shared.proposals import ProposalState
from tercet_shared.runs import END_STATES, RESTING_STATES, RunState


def test_every_state_has_its_row():
    assert set(TRANSITIONS) == set(RunState)
    assert set(PROPOSAL_TRANSITIONS) == set(ProposalState)


def test_from_every_state_at_work_a_run_may_stop():
    assert RESTING_STATES.isdisjoint(WORKING_STATES)
    for state in WORKING_STATES:
        assert {RunState.CANCELLED, RunState.FAILED, RunState.SUPERSEDED} <= TRANSITIONS[state]


def test_an_end_is_an_end_but_an_applied_run_may_be_undone():
    leaving = {state: TRANSITIONS[state] for state in END_STATES if TRANSITIONS[state]}
    assert leaving == {RunState.APPLIED: {RunState.UNDONE}}


@given(st.lists(st.sampled_from(list(RunState)), max_size=30))
def test_whatever_is_tried_only_allowed_moves_happen_and_applied_needs_a_proposal(tried):
    state, path = RunState.QUEUED, [RunState.QUEUED]
    for to in tried:
        if may_move(state, to):
            check_move("r", state, to)
            state = to
            path.append(to)
        else:
            with pytest.raises(Conflict):
                check_move("r", state, to)
    if RunState.APPLIED in path:
        assert path.index(RunState.PROPOSED) < path.index(RunState.APPLYING) < path.index(RunState.APPLIED)


def test_a_forbidden_move_of_a_proposal_is_a_sentence():
    with pytest.raises(Conflict, match="cannot become applied"):
        check_proposal_move("p1", ProposalState.DISCARDED, ProposalState.APPLIED)


def test_proposal_and_run_move_along_together():
    for before, states in PROPOSAL_TRANSITIONS.items():
        for after in states - {ProposalState.CLAIMED}:
            run_before = RunState.APPLYING if before is ProposalState.CLAIMED else RUN_STATE_OF[before]
            reachable = may_move(run_before, RUN_STATE_OF[after]) or after is ProposalState.UNDONE
            assert reachable, (before, after)

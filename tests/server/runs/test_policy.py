"""What is allowed, as pure decisions."""

import pytest
from tercet_server.config import GatesSettings
from tercet_server.ports import GatePolicy, Gates
from tercet_server.runs.policy import check_isolation, gates_of, proof_budget_s, search_budget_s
from tercet_shared.errors import SandboxUnavailable
from tercet_shared.proposals import OnFailure


@pytest.mark.parametrize(
    ("isolation", "minimum", "met"),
    [
        ("namespaces", "namespaces", True),
        ("namespaces", "reduced", True),
        ("reduced", "reduced", True),
        ("reduced", "namespaces", False),
        ("not isolated", "reduced", False),
        ("not isolated", "none", True),
    ],
)
def test_a_workspace_may_ask_for_more_isolation_than_there_is(isolation, minimum, met):
    if met:
        check_isolation(isolation, minimum)
        return
    with pytest.raises(SandboxUnavailable, match="bubblewrap"):
        check_isolation(isolation, minimum)


def test_searching_leaves_time_for_the_proof():
    assert search_budget_s(100, 1) + proof_budget_s(100 - search_budget_s(100, 1), 30) < 100
    assert search_budget_s(100, 4) * 4 <= 100
    assert proof_budget_s(1000, 30) == 30


def test_by_default_nothing_but_a_key_has_a_change_turned_down():
    reported = GatePolicy(OnFailure.REPORT)
    assert gates_of(GatesSettings()) == Gates(
        coverage=GatePolicy(OnFailure.REPORT, 80),
        complexity=GatePolicy(OnFailure.REPORT, 10),
        security=reported,
        secrets=GatePolicy(OnFailure.REJECT),
        dependencies=reported,
    )


def test_a_gate_that_is_off_has_no_consequence():
    assert gates_of(GatesSettings(coverage="off")).coverage == GatePolicy(None, 80)

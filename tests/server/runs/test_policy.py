"""What is allowed, as pure decisions."""

import pytest
from tercet_server.runs.policy import check_isolation, proof_budget_s, search_budget_s
from tercet_shared.errors import SandboxUnavailable


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

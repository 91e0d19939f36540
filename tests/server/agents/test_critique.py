"""Evidence in, verdict out."""

import pytest
from tercet_server.agents.critique import verdict_on
from tercet_shared.proposals import Check, CheckName, CheckStatus, Decision, Evidence

PASSED, FAILED, ERROR, SKIPPED = CheckStatus.PASSED, CheckStatus.FAILED, CheckStatus.ERROR, CheckStatus.SKIPPED


def evidence(verified: bool = True, **checks: CheckStatus) -> Evidence:
    return Evidence(
        checks=[
            Check(name=CheckName(name), tool="t", status=status, summary=f"{name} is {status}")
            for name, status in checks.items()
        ],
        base_sha256="0" * 64,
        sandbox="double",
        isolation="none",
        interpreter="python",
        verified=verified,
        unverified_reason=None if verified else "the module was not loaded from the copy",
    )


@pytest.mark.parametrize(
    ("checks", "decision"),
    [
        ({"syntax": PASSED, "lint": PASSED, "target_tests": PASSED, "tests": PASSED}, Decision.ACCEPT),
        ({"target_tests": PASSED, "tests": PASSED, "types": SKIPPED}, Decision.ACCEPT),
        ({"target_tests": PASSED, "tests": FAILED}, Decision.REVISE),
        ({"target_tests": PASSED, "tests": ERROR}, Decision.REVISE),
        ({"target_tests": FAILED, "tests": ERROR, "verified": False}, Decision.REJECT),
        ({"target_tests": PASSED, "tests": ERROR, "verified": False}, Decision.ACCEPT),
        ({"target_tests": PASSED, "tests": FAILED, "verified": False}, Decision.REVISE),
        ({"target_tests": PASSED, "tests": FAILED, "lint": FAILED}, Decision.REJECT),
        ({"target_tests": FAILED}, Decision.REJECT),
        ({"syntax": FAILED}, Decision.REJECT),
        ({"target_tests": SKIPPED, "tests": PASSED}, Decision.REJECT),
        ({"syntax": PASSED, "tests": PASSED}, Decision.REJECT),
    ],
)
def test_a_repair_is_judged(checks, decision):
    verdict = verdict_on(evidence(**checks), has_targets=True)
    assert verdict.decision is decision
    assert verdict.reasons


def test_a_change_without_target_tests_needs_only_that_nothing_failed():
    assert verdict_on(evidence(lint=PASSED, tests=PASSED), has_targets=False).decision is Decision.ACCEPT
    assert verdict_on(evidence(lint=FAILED), has_targets=False).decision is Decision.REJECT


def test_what_is_not_proved_is_called_unverified():
    verdict = verdict_on(evidence(verified=False, target_tests=PASSED), has_targets=True)
    assert verdict.decision is Decision.ACCEPT
    assert verdict.reasons[-1] == "Unverified: the module was not loaded from the copy"


def test_reasons_name_the_tests_but_not_all_of_many():
    check = Check(
        name=CheckName.TESTS,
        tool="pytest",
        status=FAILED,
        summary="7 tests fail now",
        failed=[f"t{number}" for number in range(7)],
    )
    [reason] = verdict_on(evidence().model_copy(update={"checks": [check]}), has_targets=False).reasons
    assert reason == "tests: 7 tests fail now (t0, t1, t2, t3, t4 and 2 more)"

"""What fails without a change is found out once for a base, and not run again with the next change."""

from tercet_server.checks import reports
from tercet_server.checks.known_failures import KEPT_S, LONGER, Base, KnownFailures
from tercet_server.checks.regression import Regression
from tercet_server.ports import Outcome, TestReport, TestResult
from tercet_shared.proposals import CheckStatus
from tercet_shared.workspaces import Interpreter

BASE = Base("b" * 64, "/usr/bin/python3", (1,))
FAILS, HANGS, PASSES = "test_a.py::test_fails", "test_a.py::test_hangs", "test_b.py::test_passes"
OUTCOMES = {FAILS: Outcome.FAILED, HANGS: Outcome.TIMEOUT, PASSES: Outcome.PASSED}


class Session:
    """Runs nothing: every test has its outcome, whatever the change."""

    import_paths = ()

    def __init__(self):
        self.ran = []

    async def run(self, tests, **options):
        self.ran.append(list(tests))
        return TestReport(results={test: TestResult(test, OUTCOMES[test], 0.1) for test in tests})

    async def collect(self, targets=()):
        raise NotImplementedError


async def judged(session, known, base=BASE, per_test_s=1.0):
    async def without_change(work):
        return await work()

    regression = Regression(session, per_test_s, float("inf"), without_change, base, known)
    return await regression.judge(list(OUTCOMES))


async def test_a_second_proof_on_the_same_base_runs_only_what_can_be_broken():
    session, known = Session(), KnownFailures()
    first = await judged(session, known)
    second = await judged(session, known)
    assert session.ran == [list(OUTCOMES), [FAILS, HANGS], [PASSES]]
    assert set(first.failing_anyway) == set(second.known_to_fail) == {FAILS, HANGS}
    assert (first.known_to_fail, second.failing_anyway) == ((), ())
    assert first.passed == second.passed == (PASSES,)


async def test_the_evidence_says_that_they_were_not_run_and_why():
    known = KnownFailures()
    await judged(Session(), known)
    judgement = await judged(Session(), known)
    check = reports.others_ran(Interpreter(path="/usr/bin/python3", source="PATH"), list(OUTCOMES), judgement, 0.1)
    assert check.status is CheckStatus.PASSED
    assert set(check.not_run) == {FAILS, HANGS}
    assert check.passed == [PASSES]
    assert "2 were not run, for they failed without the change before" in check.summary
    assert "fail without the change too" not in check.summary


async def test_another_base_another_environment_or_more_time_is_another_matter():
    session, known = Session(), KnownFailures()
    await judged(session, known)
    for base, per_test_s, anew in (
        (Base("c" * 64, BASE.interpreter, (1,)), 1.0, list(OUTCOMES)),
        (Base(BASE.sha256, BASE.interpreter, (2,)), 1.0, list(OUTCOMES)),
        (BASE, LONGER + 1.0, list(OUTCOMES)),
    ):
        session.ran.clear()
        await judged(session, known, base, per_test_s)
        assert session.ran[0] == anew


async def test_after_a_while_it_is_forgotten():
    now = 0.0
    session, known = Session(), KnownFailures(clock=lambda: now)
    await judged(session, known)
    now = KEPT_S + 1
    session.ran.clear()
    await judged(session, known)
    assert session.ran[0] == list(OUTCOMES)

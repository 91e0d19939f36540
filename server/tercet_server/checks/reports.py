"""Puts what the tests did into checks: sentences, lists of names, and a command to reproduce it. Pure."""

from collections.abc import Sequence

from tercet_shared.proposals import Check, CheckName, CheckStatus
from tercet_shared.workspaces import Interpreter

from tercet_server.checks.fresh_run import FreshRun
from tercet_server.checks.pytest import answers
from tercet_server.checks.regression import Judgement
from tercet_server.ports import Outcome, TestReport, TestResult

_DETAILS_CHARACTERS = 8000
_NAMED = 3
_PYTESTS = TestReport(results={})


def no_targets() -> Check:
    return Check(
        name=CheckName.TARGET_TESTS,
        tool="tests",
        status=CheckStatus.SKIPPED,
        summary="No failing test belongs to this change.",
    )


def unmet_targets(targets: Sequence[str], report: TestReport) -> dict[str, str]:
    """Target → why it did not pass. A target that is a file needs all its tests to pass, and at least one."""
    return {each: reason for each in targets if (reason := _unmet(each, report))}


def _unmet(target: str, report: TestReport) -> str:
    if target in report.results:
        return "" if report.results[target].outcome is Outcome.PASSED else _why(report.results[target])
    error = next((each for each in report.collection_errors if each.test == target), None)
    if error is not None:
        return _why(error)
    inside = [each for test, each in report.results.items() if test.startswith((f"{target}::", f"{target}/"))]
    bad = next((each for each in inside if each.outcome not in {Outcome.PASSED, Outcome.SKIPPED}), None)
    if bad is not None:
        return f"{bad.test}: {_why(bad)}"
    return "" if any(each.outcome is Outcome.PASSED for each in inside) else "it was not run"


def _why(result: TestResult) -> str:
    return result.message or f"its outcome is {result.outcome.value}"


def targets_failed(targets: Sequence[str], unmet: dict[str, str], report: TestReport, duration_s: float) -> Check:
    first = next(iter(unmet))
    failing = report.failing()
    return Check(
        name=CheckName.TARGET_TESTS,
        tool=report.tool,
        status=CheckStatus.FAILED,
        summary=f"{first} does not pass: {unmet[first]}",
        command=list(report.command),
        exit_code=report.exit_code,
        duration_s=duration_s,
        details=(failing[0].report if failing else "")[:_DETAILS_CHARACTERS],
        passed=[each for each in targets if each not in unmet],
        failed=[each for each in unmet if each not in report.not_run],
        not_run=[each for each in unmet if each in report.not_run],
    )


def targets_ran(targets: Sequence[str], fresh: FreshRun, neighbours: Judgement, duration_s: float) -> Check:
    """The targets passed in a warm worker; what did the fresh process and the rest of their files say?"""
    broken = [each.test for each in neighbours.broken]
    failed = [*fresh.failed, *broken, *neighbours.undecided]
    return Check(
        name=CheckName.TARGET_TESTS,
        tool=fresh.tool,
        status=CheckStatus.FAILED if failed else CheckStatus.PASSED,
        summary=_targets_summary(targets, fresh, neighbours),
        command=list(fresh.command),
        exit_code=fresh.exit_code,
        duration_s=duration_s,
        details=(fresh.details or "\n\n".join(each.report for each in neighbours.broken))[:_DETAILS_CHARACTERS],
        passed=[*(each for each in targets if each not in fresh.failed), *neighbours.passed],
        failed=failed,
        not_run=[*neighbours.not_run, *neighbours.known_to_fail],
    )


def _targets_summary(targets: Sequence[str], fresh: FreshRun, neighbours: Judgement) -> str:
    if fresh.failed:
        return f"{_names(fresh.failed)} passed at first, but did not pass: {fresh.reason}."
    if neighbours.broken:
        return _broken_sentence(neighbours)
    whole = f"{_count(len(targets), 'target test')} passed, in a fresh process too"
    rest = f"; of the rest of {'its' if len(targets) == 1 else 'their'} file, {_outcomes(neighbours)}"
    return whole + (rest if _any(neighbours) else "") + "."


def others_ran(
    interpreter: Interpreter,
    others: Sequence[str],
    judgement: Judgement,
    duration_s: float,
    collected: TestReport = _PYTESTS,
) -> Check:
    """`collected` is what told of these tests: it says which runner's they are."""
    broken = [each.test for each in judgement.broken]
    pytest = collected.tool == "pytest"
    command = [interpreter.path, "-m", "pytest", *broken] if pytest else list(collected.command)
    failing = judgement.failing_anyway or judgement.known_to_fail
    nothing = not (judgement.passed or failing or judgement.flaky or broken or judgement.undecided)
    status = CheckStatus.PASSED
    if broken or judgement.undecided:
        status = CheckStatus.FAILED if broken else CheckStatus.ERROR
    elif nothing:
        status = CheckStatus.ERROR if judgement.not_run else CheckStatus.SKIPPED
    return Check(
        name=CheckName.TESTS,
        tool=collected.tool,
        status=status,
        summary=_others_summary(others, judgement, nothing) + _left_out(collected),
        command=command,
        exit_code=1 if broken else 0,
        duration_s=duration_s,
        details="\n\n".join(each.report for each in judgement.broken)[:_DETAILS_CHARACTERS],
        passed=list(judgement.passed),
        failed=[*broken, *judgement.undecided],
        not_run=[*judgement.not_run, *judgement.known_to_fail],
    )


def not_collected(check: Check) -> Check:
    """The check of the other tests, where nobody knows whether these were all: that they passed proves nothing."""
    if check.status not in {CheckStatus.PASSED, CheckStatus.SKIPPED}:
        return check
    summary = f"With the change, {check.tool} did not come to the end of collecting the other tests."
    return check.model_copy(update={"status": CheckStatus.ERROR, "summary": summary})


def _others_summary(others: Sequence[str], judgement: Judgement, nothing: bool) -> str:
    if judgement.broken:
        return _broken_sentence(judgement)
    if judgement.undecided:
        return f"{_names(judgement.undecided)} failed, and there was no time to see whether without the change too."
    if not others:
        return "There are no other tests."
    if nothing and judgement.not_run:
        return f"There was no time to run the {len(others)} other tests."
    if nothing:
        return f"The {len(others)} other tests are skipped, with the change and without it."
    return f"No test that passed before fails now: {_outcomes(judgement)}."


def _left_out(collected: TestReport) -> str:
    """Tests of languages that the change is not in may run changed code all the same: nobody should think that they did."""
    if not collected.left_out:
        return ""
    return (
        f" The tests of {' and '.join(collected.left_out)} were not run: they are in other languages than the change."
    )


def _broken_sentence(judgement: Judgement) -> str:
    first = judgement.broken[0]
    more = f" (and {len(judgement.broken) - 1} more)" if len(judgement.broken) > 1 else ""
    return f"{first.test}{more} passes without the change and {_fate(first)}"


def _fate(result: TestResult) -> str:
    if result.outcome is Outcome.SKIPPED:
        return "is skipped with it."
    if result.message == answers.NO_SUCH_TEST:
        return "is not collected any more with it."
    return f"fails with it: {_why(result)}"


def _any(judgement: Judgement) -> bool:
    left_out = judgement.not_run or judgement.known_to_fail
    return bool(judgement.passed or judgement.failing_anyway or judgement.flaky or left_out)


def _outcomes(judgement: Judgement) -> str:
    parts = [f"{len(judgement.passed)} passed"]
    if judgement.failing_anyway:
        parts.append(
            f"{len(judgement.failing_anyway)} fail without the change too ({_names(judgement.failing_anyway)})"
        )
    if judgement.known_to_fail:
        names = _names(judgement.known_to_fail)
        parts.append(
            f"{len(judgement.known_to_fail)} were not run, for they failed without the change before ({names})"
        )
    if judgement.flaky:
        parts.append(f"{len(judgement.flaky)} passed only at the second attempt ({_names(judgement.flaky)})")
    if judgement.not_run:
        parts.append(f"{len(judgement.not_run)} were left out for want of time")
    return ", ".join(parts)


def _names(names: Sequence[str]) -> str:
    shown = ", ".join(names[:_NAMED])
    return shown + (f" and {len(names) - _NAMED} more" if len(names) > _NAMED else "")


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'s' * (number != 1)}"

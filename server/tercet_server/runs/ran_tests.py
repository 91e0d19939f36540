"""What one run saw of the tests in one text of a file, and what that says of the file as it is now. Pure.

An outcome is one of a test function with all its cases, and counts for exactly the lines that the function had when it ran.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from tercet_shared.edits import line_range, text_sha256
from tercet_shared.outcomes import TestOutcome

from tercet_server.languages.functions import Function, function_of, functions, node_id
from tercet_server.ports import FAILING, Outcome, TestReport


@dataclass(frozen=True, slots=True)
class RanTest:
    """A test function by the digest of its lines; the numbers are of its cases."""

    digest: bytes
    passed: int = 0
    failed: int = 0
    skipped: int = 0


@dataclass(frozen=True, slots=True)
class RanFile:
    text_sha256: str
    tests: Mapping[str, RanTest]
    """By the function's name."""

    def over(self, older: "RanFile") -> "RanFile":
        """With the tests that ran before in the same text."""
        return RanFile(self.text_sha256, {**older.tests, **self.tests})


@dataclass
class SeenFile:
    """What a report says of a file."""

    cases: dict[str, list[Outcome]] = field(default_factory=dict)
    """By function."""
    partial: set[str] = field(default_factory=set)
    """Functions of which not all cases ran: nothing can be said of them."""
    is_broken: bool = False
    """It could not be imported: none of its tests can pass."""


def seen_files(report: TestReport, targets: Sequence[str]) -> dict[str, SeenFile]:
    """By path, which the code under test may have made up. `targets` are the tests that were asked for; none: all."""
    files: dict[str, SeenFile] = {}
    for test, result in report.results.items():
        cases = files.setdefault(_file(test), SeenFile()).cases
        cases.setdefault(function_of(test), []).append(result.outcome)
    for test in (*report.not_run, *(each for each in targets if each != node_id(_file(each), function_of(each)))):
        if _file(test) in files:
            files[_file(test)].partial.add(function_of(test))
    for error in report.collection_errors:
        files.setdefault(error.test, SeenFile()).is_broken = True
    return files


def ran_file(path: str, text: str, seen: SeenFile) -> RanFile:
    """With the functions that stand in `text`, which is the one that ran."""
    tests: dict[str, RanTest] = {}
    for name, function in functions(path, text).items():
        outcomes = seen.cases.get(name)
        if seen.is_broken and function.is_test:
            tests[name] = RanTest(function.digest, failed=1)
        elif outcomes and name not in seen.partial:
            tests[name] = RanTest(
                function.digest,
                passed=sum(each is Outcome.PASSED for each in outcomes),
                failed=sum(each in FAILING for each in outcomes),
                skipped=sum(each is Outcome.SKIPPED for each in outcomes),
            )
    return RanFile(text_sha256(text), tests)


def told(path: str, now: Sequence[Function], current: RanFile | None, older: Sequence[RanFile]) -> list[TestOutcome]:
    """The tests among a text's functions. `current` is of the workspace as it is now, `older` are not; the latest first."""
    found = []
    for function in now:
        here = None if current is None else _latest(function, [current])
        then = here or _latest(function, older)
        if function.is_test or then is not None:  # a test by the project's own rules is known once it ran
            changed = then is None and any(function.name in each.tests for each in older)
            found.append(_outcome(path, function, then, outdated=changed or (then is not None and here is None)))
    return found


def _latest(function: Function, files: Sequence[RanFile]) -> RanTest | None:
    """How these very lines went."""
    found = (each.tests.get(function.name) for each in files)
    return next((each for each in found if each is not None and each.digest == function.digest), None)


def _outcome(path: str, function: Function, ran: RanTest | None, *, outdated: bool) -> TestOutcome:
    return TestOutcome(
        name=function.name,
        name_range=line_range(function.line, function.start, function.end),
        test=node_id(path, function.name),
        passed=0 if ran is None else ran.passed,
        failed=0 if ran is None else ran.failed,
        skipped=0 if ran is None else ran.skipped,
        outdated=outdated,
    )


def _file(test: str) -> str:
    return test.partition("::")[0]

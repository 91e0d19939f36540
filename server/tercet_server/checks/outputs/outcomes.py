"""Parsers of test outcomes: JUnit XML, TAP, `go test -json`, libtest's text, jest's and mocha's JSON, Tercet's own for Node.

They say what a tool said of its tests; which file a test is of, and what it is called in Tercet, the suites know.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from xml.etree import ElementTree as ET  # documents that declare entities are refused before parsing

from tercet_server.checks.outputs.linters import document, items, table
from tercet_server.ports import Outcome

REPORT_CHARACTERS = 20_000
MOST_TESTS = 100_000
_LONGEST_S = 1e6


@dataclass(frozen=True)
class TestOutcome:
    """One test as its tool names it. `place` is the file, class or package that the tool says it is of, "" if it says none."""

    __test__ = False

    place: str
    name: str
    outcome: Outcome
    duration_s: float = 0.0
    message: str = ""
    report: str = ""


def junit(data: bytes) -> list[TestOutcome]:
    """JUnit XML, as surefire, gradle, ctest, phpunit and bats write it. `place` is the file if named, else the class."""
    if b"<!DOCTYPE" in data or b"<!ENTITY" in data:
        return []
    try:
        root = ET.fromstring(data)  # noqa: S314  # see above
    except (ET.ParseError, ValueError, RecursionError, LookupError):
        return []
    return [_junit_case(case) for case in root.iter("testcase")][:MOST_TESTS]


def _junit_case(case: ET.Element) -> TestOutcome:
    kinds = {child.tag: child for child in case}
    bad = kinds.get("failure", kinds.get("error"))
    outcome = Outcome.PASSED
    if bad is not None:
        outcome = Outcome.FAILED if bad.tag == "failure" else Outcome.ERROR
    elif "skipped" in kinds or case.get("status") in {"notrun", "disabled"}:
        outcome = Outcome.SKIPPED
    text = (bad.text or "") if bad is not None else ""
    return TestOutcome(
        place=case.get("file") or case.get("classname") or "",
        name=case.get("name") or "",
        outcome=outcome,
        duration_s=seconds(case.get("time")),
        message=first_line((bad.get("message") or text) if bad is not None else ""),
        report=text[:REPORT_CHARACTERS],
    )


_TAP_LINE = re.compile(
    r"^(?P<not>not )?ok\b(?: (?P<number>\d+))?(?: - | )?(?P<name>[^#]*)(?:# *(?P<directive>\w+).*)?$"
)


def tap(data: bytes) -> list[TestOutcome]:
    """TAP 12 to 14 without its subtests; what follows a failing line as comment or YAML is its report."""
    found: list[TestOutcome] = []
    reports: list[list[str]] = []
    for line in data.decode("utf-8", "replace").splitlines():
        match = _TAP_LINE.match(line)
        if match is None:
            if found and line.startswith((" ", "#")):
                reports[-1].append(line.removeprefix("#").strip())
            continue
        directive = (match["directive"] or "").lower()
        skipped = directive == "todo" or (directive == "skip" and not match["not"])  # else it is part of the name
        outcome = Outcome.SKIPPED if skipped else Outcome.FAILED if match["not"] else Outcome.PASSED
        found.append(TestOutcome("", match["name"].strip(), outcome))
        reports.append([])
        if len(found) >= MOST_TESTS:
            break
    return [_with_report(each, "\n".join(report)) for each, report in zip(found, reports, strict=True)]


def _with_report(test: TestOutcome, report: str) -> TestOutcome:
    if test.outcome is not Outcome.FAILED:
        return test
    return TestOutcome(test.place, test.name, test.outcome, 0.0, first_line(report), report[:REPORT_CHARACTERS])


_LIBTEST_NAME = r"(?P<name>\S+(?: - .*?\(line \d+\)(?: - compile(?: fail)?)?)?)"
_LIBTEST = re.compile(rf"^test {_LIBTEST_NAME}(?: - should panic)? \.\.\. (?P<outcome>ok|FAILED|ignored)", re.MULTILINE)
_LIBTEST_LINE = re.compile(r" \(line \d+\)")
_LIBTEST_REPORT = re.compile(
    rf"^---- {_LIBTEST_NAME} stdout ----\n(?P<report>.*?)(?=^---- |^failures:$|\Z)", re.MULTILINE | re.DOTALL
)
_LIBTEST_OUTCOMES = {"ok": Outcome.PASSED, "FAILED": Outcome.FAILED, "ignored": Outcome.SKIPPED}


def libtest(data: bytes) -> list[TestOutcome]:
    """The text of Rust's test harness; the report of a failure is what the test printed.

    Tests in documentation are named without their line, which any edit above moves.
    """
    text = data.decode("utf-8", "replace").replace("\r\n", "\n")
    reports = {match["name"]: match["report"].strip() for match in _LIBTEST_REPORT.finditer(text)}
    found = []
    for match in _LIBTEST.finditer(text):
        report = reports.get(match["name"], "")
        outcome = _LIBTEST_OUTCOMES[match["outcome"]]
        name = _LIBTEST_LINE.sub("", match["name"])
        found.append(TestOutcome("", name, outcome, 0.0, _panic(report), report[:REPORT_CHARACTERS]))
    return found[:MOST_TESTS]


_CARGO_TARGET = re.compile(r"^ *(?:Running (?:unittests )?(?P<file>\S+\.rs) \(|Doc-tests \S+$)", re.MULTILINE)


def cargo_tests(data: bytes) -> list[TestOutcome]:
    """`cargo test` with both streams in one: the harness's text of each target, whose file cargo names before it.

    Tests in documentation begin with their file's name.
    """
    text = data.decode("utf-8", "replace")
    found: list[TestOutcome] = []
    for mark, section in _sections(_CARGO_TARGET, text):
        said = libtest(section.encode())
        found += [replace(each, place=mark["file"] or each.name.partition(" - ")[0]) for each in said]
    return found[:MOST_TESTS]


_MINITEST = re.compile(r"^(?P<name>[\w:]+#\S.*?) = ", re.MULTILINE)
_MINITEST_END = re.compile(r"(?P<seconds>\d+\.\d+) s = (?P<sign>[.FES])$", re.MULTILINE)
_MINITEST_REPORT = re.compile(r"^ +\d+\) (?:Failure|Error):\n(?P<name>[\w:]+#[^\n]*?)(?: \[.*\])?:\n", re.MULTILINE)
_MINITEST_SIGNS = {".": Outcome.PASSED, "F": Outcome.FAILED, "E": Outcome.FAILED, "S": Outcome.SKIPPED}


def minitest(data: bytes) -> list[TestOutcome]:
    """The text of Ruby's minitest with `--verbose`. What a test prints stands between its name and its outcome."""
    text = data.decode("utf-8", "replace")
    reports = {mark["name"]: (mark[0] + said, said) for mark, said in _sections(_MINITEST_REPORT, text)}
    found = []
    for mark, printed in _sections(_MINITEST, text):
        name, ends = mark["name"], list(_MINITEST_END.finditer(printed))
        if not ends:
            continue
        outcome = Outcome.FAILED if name in reports else _MINITEST_SIGNS[ends[-1]["sign"]]
        report, said = reports.get(name, ("", ""))
        duration_s, report = seconds(ends[-1]["seconds"]), report.strip()[:REPORT_CHARACTERS]
        found.append(TestOutcome("", name, outcome, duration_s, first_line(said), report))
    return found[:MOST_TESTS]


def _sections(pattern: re.Pattern[str], text: str) -> list[tuple[re.Match[str], str]]:
    """Each match with what follows it up to the next."""
    marks = list(pattern.finditer(text))
    ends = [*(each.start() for each in marks[1:]), *([len(text)] if marks else [])]
    return [(mark, text[mark.end() : end]) for mark, end in zip(marks, ends, strict=True)]


def _panic(report: str) -> str:
    """The line after `thread ... panicked at file:line:column:`."""
    lines = report.splitlines()
    said = [after for line, after in pairwise(lines) if " panicked at " in line]
    return first_line(said[0] if said else report)


@dataclass(frozen=True)
class GoRun:
    """What `go test -json` said: top-level tests, packages that could not be built with the compiler's words, and which
    tests had begun but not ended when it stopped. `place` is the package's import path."""

    tests: Sequence[TestOutcome]
    builds: Mapping[str, str]
    unended: Sequence[tuple[str, str]]
    ended: Mapping[str, Outcome]
    """Package → how it ended as a whole."""


_GO_ENDS = {"pass": Outcome.PASSED, "fail": Outcome.FAILED, "skip": Outcome.SKIPPED}


def go_test(data: bytes) -> GoRun:
    """The events of `go test -json` (`go doc test2json`), subtests folded into their tests' reports."""
    outputs: dict[tuple[str, str], list[str]] = {}
    ends: dict[tuple[str, str], tuple[Outcome, float]] = {}
    begun: dict[tuple[str, str], None] = {}
    builds: dict[str, list[str]] = {}
    for event in _events(data):
        action, package = str(event.get("Action")), str(event.get("Package") or "")
        key = (package, str(event.get("Test") or "").partition("/")[0])
        if action == "build-output":
            builds.setdefault(str(event.get("ImportPath") or "").partition(" ")[0], []).append(
                str(event.get("Output", ""))
            )
        elif action == "run":
            begun[key] = None
        elif action == "output":
            outputs.setdefault(key, []).append(str(event.get("Output", "")))
        elif action in _GO_ENDS and "/" not in str(event.get("Test") or ""):
            end = (_GO_ENDS[action], seconds(event.get("Elapsed")))
            known = ends.get(key, end)
            ends[key] = known if known[0] is Outcome.FAILED else end  # what has failed does not pass afterwards
    tests = [_go_outcome(key, *end, "".join(outputs.get(key, []))) for key, end in ends.items() if key[1]]
    return GoRun(
        tests=tests[:MOST_TESTS],
        builds={package: "".join(said)[:REPORT_CHARACTERS] for package, said in builds.items()},
        unended=[key for key in begun if key not in ends],
        ended={package: outcome for (package, test), (outcome, _) in ends.items() if not test},
    )


def _go_outcome(key: tuple[str, str], outcome: Outcome, duration_s: float, output: str) -> TestOutcome:
    said = [
        line.strip() for line in output.splitlines() if line.strip() and not line.lstrip().startswith(("=== ", "--- "))
    ]
    message = first_line("\n".join(said)) if outcome is Outcome.FAILED else ""
    return TestOutcome(*key, outcome, duration_s, message, output[:REPORT_CHARACTERS] if message else "")


def _events(data: bytes) -> Iterator[Mapping[str, object]]:
    for line in data.splitlines():
        if line.startswith(b"{") and (event := table(document(line))):
            yield event


_JEST_OUTCOMES = {
    "passed": Outcome.PASSED,
    "failed": Outcome.FAILED,
    **dict.fromkeys(("pending", "skipped", "todo", "disabled"), Outcome.SKIPPED),
}


def jest(data: bytes) -> tuple[list[TestOutcome], dict[str, str]]:
    """The JSON of jest and vitest: the tests, and the files that failed for no test of theirs with the reason."""
    tests, broken = [], {}
    said = document(data)
    for file in items(said, "testResults"):
        place = str(file.get("name", ""))
        assertions = items(file, "assertionResults")
        for each in assertions:
            outcome = _JEST_OUTCOMES.get(str(each.get("status")))
            if outcome is not None:
                report = "\n".join(map(str, _list(each.get("failureMessages"))))
                name = " > ".join([*map(str, _list(each.get("ancestorTitles"))), str(each.get("title", ""))])
                duration_s = seconds(each.get("duration"), 1e-3)
                tests.append(
                    TestOutcome(place, name, outcome, duration_s, first_line(report), report[:REPORT_CHARACTERS])
                )
        stopped = table(said).get("wasInterrupted") is True
        if stopped or (file.get("status") == "failed" and all(each.get("status") != "failed" for each in assertions)):
            broken[place] = str(file.get("message", ""))[:REPORT_CHARACTERS]
    return tests[:MOST_TESTS], broken


def mocha(data: bytes) -> list[TestOutcome]:
    """Mocha's JSON reporter."""
    report = document(data)
    skipped = {_mocha_name(each) for each in items(report, "pending")}
    found = []
    for each in items(report, "tests"):
        error = table(each.get("err"))
        name = _mocha_name(each)
        outcome = Outcome.SKIPPED if name in skipped else Outcome.FAILED if error else Outcome.PASSED
        text = str(error.get("stack") or error.get("message") or "")
        message = first_line(str(error.get("message") or text))
        duration_s = seconds(each.get("duration"), 1e-3)
        found.append(
            TestOutcome(str(each.get("file", "")), name[1], outcome, duration_s, message, text[:REPORT_CHARACTERS])
        )
    return found[:MOST_TESTS]


def mocha_hooks(data: bytes) -> dict[str, str]:
    """What failed and is no test, with its file: hooks, after which the rest of their suite does not run."""
    report = document(data)
    tests = {_mocha_name(each) for each in items(report, "tests")}
    hooks = [each for each in items(report, "failures") if _mocha_name(each) not in tests]
    errors = [(str(each.get("file", "")), table(each.get("err"))) for each in hooks]
    return {file: str(each.get("stack") or each.get("message") or "")[:REPORT_CHARACTERS] for file, each in errors}


def _mocha_name(test: Mapping[str, object]) -> tuple[str, str]:
    """Its suites come before the title, set apart by a blank alone."""
    full, title = str(test.get("fullTitle", "")), str(test.get("title", ""))
    suites = full.removesuffix(title).strip()
    return str(test.get("file", "")), f"{suites} > {title}" if suites else title


def node(data: bytes) -> list[TestOutcome]:
    """What `suites/drivers/reporter.mjs` writes of node's own runner."""
    found = []
    for event in _events(data):
        outcome = _JEST_OUTCOMES.get(str(event.get("outcome")))
        if event.get("kind") == "test" and outcome is not None:
            text = str(event.get("report") or "")[:REPORT_CHARACTERS]
            duration_s = seconds(event.get("duration_ms"), 1e-3)
            message = first_line(event.get("message") or text)
            place, name = str(event.get("file", "")), str(event.get("name", ""))
            found.append(TestOutcome(place, name, outcome, duration_s, message, text))
    return found[:MOST_TESTS]


# -- small readings


def seconds(value: object, unit: float = 1.0) -> float:
    """A duration; 0 for what is none."""
    try:
        read = float(value) * unit if isinstance(value, str | int | float) else 0.0
    except (ValueError, OverflowError):
        return 0.0
    return read if 0 <= read <= _LONGEST_S else 0.0


def first_line(text: object) -> str:
    """The first line that says something, capped."""
    return next((line.strip() for line in str(text).splitlines() if line.strip()), "")[:1000]


def _list(value: object) -> list[object]:
    return value if isinstance(value, list) else []

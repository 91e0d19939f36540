"""Runners that need no more than a command and a parser; the data is `suites.toml`. Listing their tests runs them."""

import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files as resources
from pathlib import Path, PurePosixPath
from secrets import token_hex
from typing import Any

from tercet_server.checks.outputs import TestOutcome, Within
from tercet_server.checks.outputs.outcomes import cargo_tests, first_line, junit, minitest, tap
from tercet_server.checks.outputs.wholeness import missing_end
from tercet_server.checks.suites import programs
from tercet_server.checks.suites.frames import named_in
from tercet_server.checks.suites.suite import Batch, Purpose, Ran, Reading, broken, file_of, node_id, under
from tercet_server.ports import FAILING, Ending, TestResult

_PARSERS = {"tap": tap, "junit": junit, "minitest": minitest, "cargo": cargo_tests}
_LOCAL = ("vendor/bin", "node_modules/.bin")


@dataclass(frozen=True)
class Runner:
    """A row of the table, whose columns are explained there."""

    tool: str
    files: str
    program: str
    command: tuple[str, ...]
    output: str
    cold_s: float
    shown: tuple[str, ...]
    stream: str = "stdout"
    whole: bool = False
    marker: str = ""
    reads: tuple[str, ...] = ()
    runtime: str = "host"


@dataclass(frozen=True)
class CommandSuite:
    """One runner in one workspace. `known` are all files of the copy."""

    runner: Runner
    program: str
    readable: Sequence[Path]
    tests_of: tuple[str, ...]
    known: frozenset[str]
    environment: Mapping[str, str] = field(default_factory=dict)

    @property
    def tool(self) -> str:
        return self.runner.tool

    @property
    def runtime(self) -> str:
        return self.runner.runtime

    @property
    def cold_s(self) -> float:
        return self.runner.cold_s

    @property
    def parallel(self) -> int:
        return 1 if self.runner.whole else 2

    def covers(self, path: str) -> bool:
        name = PurePosixPath(file_of(path)).name
        suffixes = {PurePosixPath(each).suffix for each in self.tests_of}
        return re.fullmatch(self.runner.files, name) is not None or PurePosixPath(name).suffix in suffixes - {".txt"}

    def files(self, targets: Sequence[str]) -> list[str]:
        return under(self.tests_of, targets)

    def batches(self, tests: Sequence[str], purpose: Purpose) -> list[Batch]:
        asked: dict[str, list[str]] = {}
        for test in tests:
            asked.setdefault("" if self.runner.whole else file_of(test), []).append(test)
        return [self._batch(file, of_file, purpose) for file, of_file in asked.items()]

    def _batch(self, file: str, tests: Sequence[str], purpose: Purpose) -> Batch:
        report = f".tercet-{token_hex(8)}.xml" if self.runner.stream == "report" else ""
        filled = {"{program}": self.program, "{file}": file}
        command = tuple(filled.get(part, part.replace("{report}", report)) for part in self.runner.command)
        shown = tuple(file if part == "{file}" else part for part in self.runner.shown)
        named = tuple(each for each in tests if "::" in each)
        whole_files = any("::" not in each for each in tests)
        files = tuple(dict.fromkeys(map(file_of, tests)))
        return Batch(purpose, command, shown, files, () if whole_files else named, report=report)

    def watching(self, batch: Batch, root: str) -> Mapping[str, str]:
        return {}

    def read(self, batch: Batch, ran: Ran) -> Reading:
        output = ran.report if self.runner.stream == "report" else ran.result.stdout
        within = Within(ran.root)
        results = [self._result(each, batch, within) for each in _PARSERS[self.runner.output](output)]
        said = (ran.result.stdout[-8000:] + b"\n" + ran.result.stderr[-8000:]).decode("utf-8", "replace").strip()
        reason = ""
        if not results and ran.result.exit_code:
            reason = _reason(said)
        elif results and ran.result.ending is Ending.EXITED and (missing := missing_end(self.runner.output, output)):
            reason = f"the run stopped before its end: {missing}"
        bad = [broken(file, reason, said) for file in batch.files] if reason else []
        return Reading(results, bad, [each.test for each in results])

    def _result(self, test: TestOutcome, batch: Batch, within: Within) -> TestResult:
        place = within.path(test.place) if test.place else None
        file = place if place in self.known else batch.files[0]
        failed = test.outcome in FAILING
        return TestResult(
            test=node_id(file or batch.files[0], test.name),
            outcome=test.outcome,
            duration_s=test.duration_s,
            message=test.message if failed else "",
            report=test.report if failed else "",
            frames=named_in(test.report, within, self.known) if failed else (),
        )


def command_suites(original: Path, files: Sequence[str]) -> list[CommandSuite]:
    """Those of the table that have tests and a program here. Blocking: looks at the host's files.

    Nothing of theirs outlives a command: a configuration that one left for cargo could speak for all tests after it.
    """
    found = []
    for runner in runners():
        pattern = re.compile(runner.files)
        tests = tuple(path for path in files if pattern.fullmatch(PurePosixPath(path).name) and _is_test(runner, path))
        program = _program(original, runner.program) if tests else None
        if program is None or (runner.marker and runner.marker not in files):
            continue
        environment = {"PATH": programs.search_path(program), "CI": "1"}
        outside = programs.installation(program) if not program.is_relative_to(original) else ()
        outside = (*outside, *programs.matching(runner.reads))
        found.append(CommandSuite(runner, str(program), outside, tests, frozenset(files), environment))
    return found


def _is_test(runner: Runner, path: str) -> bool:
    """One command for a whole project is named by what stands at its root."""
    return not runner.whole or path.count("/") <= 1 or path.startswith(("src/", "tests/"))


def _program(original: Path, name: str) -> Path | None:
    local = (original / folder / name for folder in _LOCAL)
    return next((each for each in local if each.is_file()), None) or programs.find(name)


def _reason(said: str) -> str:
    error = next((line.strip() for line in said.splitlines() if re.match(r"\s*error\b|.*\berror:", line)), "")
    return f"nothing could be run: {error or first_line(said) or 'the command ended early'}"[:1000]


@cache
def runners() -> tuple[Runner, ...]:
    """Every row of the table. The first call reads it from disk."""
    rows = tomllib.loads(resources("tercet_server.checks.suites").joinpath("suites.toml").read_text("utf-8"))
    return tuple(_runner(row) for row in rows.values())


def _runner(row: Mapping[str, object]) -> Runner:
    columns: dict[str, Any] = {key: tuple(value) if isinstance(value, list) else value for key, value in row.items()}
    return Runner(**columns)  # a test reads every row

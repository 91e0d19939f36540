"""Doubles of the ports around a run for a toy project: source files of functions, test files that call them by `load`.

A test `def test_x(load): assert load("calc.py").add(1, 2) == 3` really runs, in this process, on the copy's or given texts.
A test whose name begins with `test_hang` waits until it is cancelled or over its limit.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace

from tercet_server.edits import file_edit
from tercet_server.ports import (
    UNHURRIED,
    Frame,
    Opening,
    Outcome,
    PrivateCopy,
    ProofTask,
    ProposerTask,
    ReportProgress,
    TestReport,
    TestResult,
)
from tercet_shared.edits import ChangeSet, FileTexts, line_range, text_sha256
from tercet_shared.findings import Finding, Severity, Source
from tercet_shared.ids import finding_id
from tercet_shared.proposals import Candidate, Check, CheckName, CheckStatus, Evidence
from tercet_shared.runs import Intent, Progress, Suspect
from tercet_shared.workspaces import Interpreter


class FunctionSession:
    def __init__(self, copy: PrivateCopy, log: list[str]) -> None:
        self._copy = copy
        self._log = log

    @property
    def import_paths(self) -> Sequence[str]:
        return ()

    async def collect(self, targets: Sequence[str] = ()) -> TestReport:
        tests: list[str] = []
        errors = []
        for path in await self._copy.files(".py"):
            if not Path(path).name.startswith("test_"):
                continue
            try:
                names = [name for name in _module(await self._copy.read_text(path)) if name.startswith("test_")]
            except SyntaxError as error:
                errors.append(TestResult(path, Outcome.ERROR, 0.0, message=str(error)))
                continue
            tests += [f"{path}::{name}" for name in names]
        wanted = [test for test in tests if not targets or _is_below(test, targets)]
        return TestReport(results={}, not_run=tuple(wanted), collection_errors=tuple(errors))

    async def observe(self, tests: Sequence[str], *, texts: Mapping[str, str], deadline_s: float) -> Sequence[str]:
        return ()

    async def run(
        self,
        tests: Sequence[str],
        *,
        per_test_s: float,
        deadline_s: float,
        texts: Mapping[str, str] = {},
        trace: bool = False,
        stop_at_failure: bool = False,
    ) -> TestReport:
        self._log.append(f"run {len(tests)} tests{' traced' if trace else ''}")
        begun = time.monotonic()
        results: dict[str, TestResult] = {}
        left_out = []
        for test in tests:
            if time.monotonic() - begun > deadline_s:
                left_out.append(test)
                continue
            results[test] = await self._run_one(test, per_test_s, texts, trace)
        return TestReport(results=results, not_run=tuple(left_out), duration_s=time.monotonic() - begun)

    async def _run_one(self, test: str, per_test_s: float, texts: Mapping[str, str], trace: bool) -> TestResult:
        path, _, name = test.partition("::")
        if name.startswith("test_hang"):
            await asyncio.sleep(per_test_s)
            return TestResult(test, Outcome.TIMEOUT, per_test_s)
        sources = {each: texts.get(each) or await self._copy.read_text(each) for each in await self._copy.files(".py")}
        used: list[str] = []

        def load(source: str) -> SimpleNamespace:
            used.append(source)
            return SimpleNamespace(**_module(sources[source]))

        outcome, message = Outcome.PASSED, ""
        try:
            _module(sources[path])[name](load)  # type: ignore[operator]  # the toy's tests are functions
        except Exception as error:
            outcome, message = Outcome.FAILED, f"{type(error).__name__}: {error}"
        covered = {each: tuple(range(sources[each].count("\n"))) for each in used} if trace else {}
        frames = (Frame(path, 1, name),) if outcome is Outcome.FAILED else ()
        return TestResult(test, outcome, 0.01, message=message, frames=frames, covered=covered)


@dataclass
class FunctionTests:
    """Implements `ports.Tests`. `log` names what was asked for; `sessions` counts those that are open."""

    log: list[str] = field(default_factory=list)
    sessions: int = 0

    @asynccontextmanager
    async def session(
        self,
        copy: PrivateCopy,
        interpreter: Interpreter,
        workers: int,
        about: Sequence[str] = (),
        opening: Opening = UNHURRIED,
    ) -> AsyncIterator[FunctionSession]:
        self.sessions += 1
        try:
            yield FunctionSession(copy, self.log)
        finally:
            self.sessions -= 1


@dataclass
class FunctionChecker:
    """Implements `ports.Checker` by running the toy's tests on the changed texts."""

    log: list[str] = field(default_factory=list)
    pause_s: float = 0.0

    async def prove(
        self, copy: PrivateCopy, interpreter: Interpreter, task: ProofTask, progress: ReportProgress
    ) -> Evidence:
        self.log.append("prove")
        await progress(Progress(message="proving"))
        await asyncio.sleep(self.pause_s)
        texts = {each.path: each.after for each in await copy.apply(task.change_set)}
        await copy.reset()
        session = FunctionSession(copy, self.log)
        everything = (await session.collect()).not_run
        before = await session.run(everything, per_test_s=0.01, deadline_s=60)
        after = await session.run(everything, per_test_s=0.01, deadline_s=60, texts=texts)
        target = [test for test in task.target_tests if after.results[test].outcome is not Outcome.PASSED]
        lost = [
            test
            for test, result in before.results.items()
            if result.outcome is Outcome.PASSED and after.results[test].outcome is not Outcome.PASSED
        ]
        checks = [_check(CheckName.TARGET_TESTS, target), _check(CheckName.TESTS, lost)]
        return Evidence(
            checks=checks,
            base_sha256=copy.base_sha256,
            sandbox="double",
            isolation="not isolated",
            interpreter=interpreter.path,
            verified=not target and not lost,
            unverified_reason=None if not target and not lost else "a check failed",
        )

    async def syntax(self, path: str, text: str) -> list[Finding]:
        return []

    async def findings(self, root: Path, path: str, text: str) -> list[Finding]:
        return [
            Finding(
                id=finding_id(path, "TODO", number),
                path=path,
                range=line_range(number, 0, len(line)),
                rule="TODO",
                severity=Severity.WARNING,
                message="to do",
                source=Source.LINT,
                tool="double",
                text_sha256=text_sha256(text),
            )
            for number, line in enumerate(text.split("\n"))
            if "to do" in line
        ]

    async def remarks(self, root: Path, changes: Sequence[FileTexts]) -> list[Finding]:
        return [finding for each in changes for finding in await self.findings(root, each.path, each.after)]


class CoverageContext:
    """Implements `ports.Context`: every line of a file that only failing tests load is fully suspicious, others half."""

    def suspects(self, report: TestReport, limit: int = 200) -> list[Suspect]:
        failing = {(path, line) for each in report.failing() for path, lines in each.covered.items() for line in lines}
        passing = {
            (path, line)
            for each in report.results.values()
            if each.outcome is Outcome.PASSED
            for path, lines in each.covered.items()
            for line in lines
        }
        found = [Suspect(path=path, line=line, score=0.5 if (path, line) in passing else 1.0) for path, line in failing]
        return sorted(found, key=lambda each: (-each.score, each.path, each.line))[:limit]

    async def affected_tests(self, copy: PrivateCopy, changed: Sequence[str], test_files: Sequence[str]) -> list[str]:
        return list(test_files)

    async def serving_tests(self, copy: PrivateCopy, changed: Sequence[str], test_files: Sequence[str]) -> list[str]:
        return [path for path in changed if path in test_files]


@dataclass
class ReplacingProposer:
    """Implements `ports.Proposer`: offers, one by one, given replacements of one text by another in one file."""

    replacements: Sequence[tuple[str, str, str]]
    name: str = "replacing"
    intents: frozenset[Intent] = frozenset(Intent)
    cost: int = 1
    pause_s: float = 0.0
    closed: bool = False
    feedback: list[str] = field(default_factory=list)
    broken: list[str] = field(default_factory=list)

    async def propose(self, task: ProposerTask, progress: ReportProgress) -> AsyncIterator[Candidate]:
        try:
            for path, old, new in self.replacements:
                await progress(Progress(message=f"trying {new}"))
                await asyncio.sleep(self.pause_s)
                self.feedback, self.broken = list(task.feedback), list(task.broken)
                text = await task.copy.read_text(path)
                if old in text:
                    change = ChangeSet(files=[file_edit(path, text, text.replace(old, new, 1))])
                    yield Candidate(proposer=self.name, title=f"replace {old} by {new}", change_set=change)
        finally:
            self.closed = True


def _module(source: str) -> dict[str, object]:
    names: dict[str, object] = {}
    exec(compile(source, "<toy>", "exec"), names)  # the toy project of a test
    return names


def _is_below(test: str, targets: Sequence[str]) -> bool:
    return any(test == target or test.startswith((f"{target}::", f"{target}/")) for target in targets)


def _check(name: CheckName, failed: list[str]) -> Check:
    status = CheckStatus.FAILED if failed else CheckStatus.PASSED
    return Check(name=name, tool="double", status=status, summary=f"{len(failed)} tests fail", failed=failed)

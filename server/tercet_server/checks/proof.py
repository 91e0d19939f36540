"""Proves one change set in a private copy: the order of the checks, and what makes the evidence verified."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TypeVar

from tercet_shared.edits import FileTexts
from tercet_shared.proposals import Check, CheckName, CheckStatus, Evidence
from tercet_shared.runs import Progress
from tercet_shared.workspaces import Interpreter

from tercet_server.checks import origins, reports
from tercet_server.checks.fresh_run import FreshRun, FreshRunner, fresh_run_of
from tercet_server.checks.gates import CoverageGate, static_gates, told_of_settings, unmet
from tercet_server.checks.inline_tests import may_bend_tests
from tercet_server.checks.known_failures import Base, KnownFailures
from tercet_server.checks.origins import is_python
from tercet_server.checks.pytest import installation
from tercet_server.checks.regression import Judgement, Regression
from tercet_server.checks.static import check_lint, check_syntax
from tercet_server.checks.suites import compiled_for
from tercet_server.checks.tool_check import tools_ran
from tercet_server.checks.tool_findings import Ground, lint_copy
from tercet_server.ports import (
    Context,
    Jail,
    Limits,
    Opening,
    PrivateCopy,
    ProofTask,
    ReportProgress,
    Sandbox,
    TestReport,
    Tests,
    TestSession,
)

_WORKERS = 2

Result = TypeVar("Result")


@dataclass(frozen=True)
class Bench:
    """What every proof of a runner is made with."""

    sandbox: Sandbox
    tests: Tests
    context: Context
    limits: Limits
    caches: Path | None = None
    """Where compilers keep things, a folder for each workspace."""
    known: KnownFailures = field(default_factory=KnownFailures)


@dataclass
class Proof:
    """One change set on one copy. `checks` grows as they are done."""

    bench: Bench
    copy: PrivateCopy
    interpreter: Interpreter
    task: ProofTask
    progress: ReportProgress
    checks: list[Check] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._ends_at = time.monotonic() + self.task.deadline_s
        self._modules: dict[str, str] = {}
        self._texts: list[FileTexts] = []
        self._test_files: list[str] = []
        self._programs: list[str] = []
        self._runtimes: list[str] = []

    async def run(self) -> Evidence:
        """Applies, checks, resets. Raises StaleText and EditRefused if the change set cannot be applied."""
        try:
            self._texts = await self.copy.apply(self.task.change_set)
            if await self._static(self._texts):
                await self._tests(self._texts)
        finally:
            await self.copy.reset()
        return await self._evidence()

    async def _static(self, texts: list[FileTexts]) -> bool:
        await self._say("Checking the syntax", 5)
        if not self._add(await check_syntax(texts)):
            return False
        await self._say("Linting", 10)
        must_improve = self.task.resolves_finding
        python = [each for each in texts if is_python(each.path)]
        others = [each.path for each in texts if not is_python(each.path)]
        linting = partial(check_lint, self.copy.root, python, must_improve)
        if python and not self._add(told_of_settings(await self._by_settings_before(texts, linting), texts)):
            return False
        if not others:
            return True
        check = await self._tools(others, must_improve and not python)
        return (bool(python) and check.status is CheckStatus.SKIPPED) or self._add(check)

    async def _tools(self, paths: Sequence[str], must_improve: bool) -> Check:
        """What the linters of other languages say with the change, compared with what they say without it."""
        started = time.monotonic()
        async with self._compiled(paths) as caches:
            ground = Ground(self.bench.sandbox, self.copy.root, self.copy.original, *caches)
            after = await lint_copy(ground, paths)
            self._runtimes += [each.tool.runtime for each in after if not each.problem]
            quiet = not must_improve and not any(each.findings for each in after)
            before = [] if quiet else await self._without_change(lambda: lint_copy(ground, paths))
        return tools_ran(before, after, must_improve, time.monotonic() - started)

    @asynccontextmanager
    async def _compiled(self, paths: Sequence[str]) -> AsyncIterator[tuple[tuple[Path, ...], tuple[Path, ...]]]:
        """What is compiled for tools to write in and to read, where they need it."""
        if self.bench.caches is None or not any(path.endswith(".go") for path in paths):
            yield (), ()
            return
        compiled = await asyncio.to_thread(compiled_for, self.bench.caches, self.copy)
        try:
            await compiled.lend()
            yield (compiled.own,), (compiled.kept,)
        finally:
            await compiled.drop()

    def _add(self, check: Check) -> bool:
        """Whether the proof may go on."""
        self.checks.append(check)
        return check.status in {CheckStatus.PASSED, CheckStatus.SKIPPED}

    # -- tests

    async def _tests(self, texts: Sequence[FileTexts]) -> None:
        about = (*self.task.target_tests, *self.task.change_set.paths)
        opening = Opening(self._left_s(), self.progress)
        async with self.bench.tests.session(self.copy, self.interpreter, _WORKERS, about, opening) as session:
            regression = await self._regression(session)
            if self.task.target_tests:
                self.bench.known.remember(regression.base, self._seen_failing(), self.task.per_test_s)
                if not self._add(await self._targets(session, regression)):
                    return
            else:
                self.checks.append(reports.no_targets())
            await self._others(session, regression)
            if all(check.status is not CheckStatus.FAILED for check in self.checks):
                await self._gates(session, texts)

    async def _gates(self, session: TestSession, texts: Sequence[FileTexts]) -> None:
        """The quality gates, of a change that nothing else speaks against."""
        gates, per_test_s = self.task.gates, self.task.per_test_s
        await self._say("Measuring the quality gates", 90)
        passed = {check.name: check.passed for check in self.checks}
        nearest, others = passed.get(CheckName.TARGET_TESTS, []), passed.get(CheckName.TESTS, [])
        found = await self._by_settings_before(texts, partial(static_gates, gates, self.copy, texts))
        coverage = CoverageGate(session, gates.coverage, per_test_s, self.interpreter.path)
        if check := await coverage.check(texts, nearest, others, self._left_s()):
            found.append(check)
        self.checks.extend(told_of_settings(each, texts) for each in found)

    async def _regression(self, session: TestSession) -> Regression:
        environment = await asyncio.to_thread(_last_installed, Path(self.interpreter.path), self.copy.original)
        base = Base(self.copy.base_sha256, self.interpreter.path, environment)
        without_change = self._without_change
        return Regression(session, self.task.per_test_s, self._ends_at, without_change, base, self.bench.known)

    async def _targets(self, session: TestSession, regression: Regression) -> Check:
        """The target tests in a warm worker and in a fresh process, then the rest of their files."""
        targets = list(self.task.target_tests)
        started = time.monotonic()
        await self._say(f"Running {len(targets)} target test{'s' * (len(targets) > 1)}", 20)
        report = await session.run(
            targets,
            per_test_s=self.task.per_test_s,
            deadline_s=self._left_s(),
            stop_at_failure=True,
            modules=True,
        )
        self._modules.update(report.modules)
        self._ran_by(report)
        unmet = reports.unmet_targets(targets, report)
        if unmet:
            return reports.targets_failed(targets, unmet, report, time.monotonic() - started)
        await self._say("Running them again in a fresh process", 35)
        fresh = await self._fresh(session, targets)
        neighbours = Judgement() if fresh.failed else await self._neighbours(session, regression, report)
        return reports.targets_ran(targets, fresh, neighbours, time.monotonic() - started)

    async def _fresh(self, session: TestSession, targets: list[str]) -> FreshRun:
        """Once more, in processes that have run nothing before: every process of a runner other than pytest is such."""
        python = [each for each in targets if is_python(each)]
        if python:
            limits = self.bench.limits
            runner = FreshRunner(self.bench.sandbox, self.copy, self.interpreter, limits, session.import_paths)
            fresh = await runner.run(python, self.task.per_test_s, self._left_s())
            if fresh.failed or len(python) == len(targets):
                return fresh
        others = [each for each in targets if not is_python(each)]
        report = await session.run(others, per_test_s=self.task.per_test_s, deadline_s=self._left_s())
        self._ran_by(report)
        return fresh_run_of(report, reports.unmet_targets(others, report))

    async def _neighbours(self, session: TestSession, regression: Regression, report: TestReport) -> Judgement:
        await self._say("Running the rest of their files", 45)
        files = list(dict.fromkeys(test.partition("::")[0] for test in self.task.target_tests))
        collected = await session.collect(files)
        before = await self._without_change(lambda: session.collect(files))
        tests = dict.fromkeys((*collected.not_run, *before.not_run))  # one that the change hides counts as well
        return await regression.judge([test for test in tests if test not in report.results])

    async def _others(self, session: TestSession, regression: Regression) -> None:
        """Every other test of the workspace, those nearest to the change first, as far as the time goes."""
        started = time.monotonic()
        await self._say("Looking for other tests", 55)
        collected = await session.collect()
        before = await self._without_change(session.collect)
        done = {test.partition("::")[0] for test in self.task.target_tests}
        files: dict[str, list[str]] = {}
        for test in dict.fromkeys((*collected.not_run, *before.not_run)):
            if test.partition("::")[0] not in done:
                files.setdefault(test.partition("::")[0], []).append(test)
        self._test_files = [*done, *files]
        broken = [each.test for each in collected.collection_errors if each.test not in {*done, *files}]
        order = await self.bench.context.affected_tests(self.copy, self.task.change_set.paths, list(files))
        others = [test for file in order for test in files[file]] + broken
        await self._say(f"Running {len(others)} other tests", 65)
        judgement = await regression.judge(others, modules=not self.task.target_tests)
        if not self.task.target_tests:
            self._modules.update(judgement.report.modules)
        self._ran_by(collected)
        check = reports.others_ran(self.interpreter, others, judgement, time.monotonic() - started, collected)
        self._add(check if collected.complete else reports.not_collected(check))

    async def _by_settings_before(self, texts: Sequence[FileTexts], work: Callable[[], Awaitable[Result]]) -> Result:
        """What ruff finds in `texts` by its settings as they were: a change is not judged by its own."""
        may_set = any(each.path.endswith(".toml") for each in texts)  # of whatever name: settings extend one another
        return await (self._without_change(work) if may_set else work())

    async def _without_change(self, work: Callable[[], Awaitable[Result]]) -> Result:
        await self.copy.reset()
        try:
            return await work()
        finally:
            await self.copy.apply(self.task.change_set)

    # -- the evidence

    async def _evidence(self) -> Evidence:
        await self._say("Comparing the base with the workspace", 95)
        reason = self._shortcoming() or await self._moved() or self._doubt() or await self._bent() or unmet(self.checks)
        return Evidence(
            checks=self.checks,
            base_sha256=self.copy.base_sha256,
            sandbox=self.bench.sandbox.name,
            isolation=self.bench.sandbox.isolation,
            images=self.bench.sandbox.images(self._runtimes),
            interpreter=", ".join(dict.fromkeys(each or self.interpreter.path for each in self._programs or [""])),
            verified=reason is None,
            unverified_reason=reason,
        )

    def _shortcoming(self) -> str | None:
        """The first check that is not what a verified change needs."""
        done: Mapping[CheckName, Check] = {check.name: check for check in self.checks}
        needed = [CheckName.SYNTAX, CheckName.LINT, CheckName.TARGET_TESTS, CheckName.TESTS]
        for name in needed:
            check = done.get(name)
            if check is None:
                return f"The check {name.value} was not run."
            if check.status is CheckStatus.SKIPPED and not self._may_skip(name):
                return check.summary
            if check.status not in {CheckStatus.PASSED, CheckStatus.SKIPPED}:
                return check.summary
        return None

    def _may_skip(self, name: CheckName) -> bool:
        if name is CheckName.TARGET_TESTS:
            return not self.task.target_tests
        if name is CheckName.TESTS:  # there are no others that run, with the change or without
            return bool(self.task.target_tests)
        return name is CheckName.LINT and bool(self.task.target_tests)

    def _doubt(self) -> str | None:
        jail = Jail(writable=self.copy.root, appears_at=self.copy.original)
        stands = origins.Standing(
            original=str(self.copy.original),
            mounted=self.bench.sandbox.root_inside(jail) == self.copy.original,
            repaired=bool(self._seen_failing()),
        )
        return origins.doubt(self.task.change_set.paths, self._modules, stands)

    def _seen_failing(self) -> list[str]:
        """The target tests that fail without the change; what the change itself brings may pass whatever it does."""
        return [each for each in self.task.target_tests if each not in self.task.brought_tests]

    async def _bent(self) -> str | None:
        """Tests that are to be repaired are made to pass by changing what only they use."""
        changed = [path for path in self.task.change_set.paths if not _is_about(self.task.asked_for, path)]
        if not self.task.target_tests or not changed:
            return None
        serving = await self.bench.context.serving_tests(self.copy, changed, self._test_files)
        inline = [each.path for each in self._texts if each.path in changed and may_bend_tests(each)]
        bent = list(dict.fromkeys([*serving, *inline]))
        if not bent:
            return None
        return (
            f"{', '.join(bent)} serve{'s' * (len(bent) == 1)} the tests alone: that they pass after a change there"
            " says nothing about the code they test."
        )

    async def _moved(self) -> str | None:
        moved = await self.copy.moved_paths()
        if not moved:
            return None
        named = ", ".join(moved[:5]) + (f" and {len(moved) - 5} more" if len(moved) > 5 else "")
        return f"The workspace changed during the proof ({named}): run it again."

    def _ran_by(self, report: TestReport) -> None:
        self._programs.append(report.program)
        self._runtimes += report.runtimes

    async def _say(self, message: str, percent: float) -> None:
        await self.progress(Progress(message=message, percent=percent))

    def _left_s(self) -> float:
        return max(1.0, self._ends_at - time.monotonic())


def _is_about(asked_for: Sequence[str], path: str) -> bool:
    return any(each in {"", path} or path.startswith(f"{each.rstrip('/')}/") for each in asked_for)


def _last_installed(interpreter: Path, root: Path) -> tuple[int, ...]:
    """When something was last installed for the workspace, of any language that keeps that beside it."""
    modules = root / "node_modules"
    return (*installation.last_installed(interpreter), *([modules.stat().st_mtime_ns] if modules.is_dir() else []))

"""Implements `ports.Tests` for a workspace of any languages: pytest for Python, a suite of commands for each other one.

Without anything named, the tests of the workspace are pytest's if it finds any, else those of the other runners.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from tercet_shared.runs import Progress
from tercet_shared.workspaces import Interpreter

from tercet_server.checks.pytest import PytestTests
from tercet_server.checks.suites import Bench, Compiled, GoSuite, SuiteSession, compiled_for, suites_of
from tercet_server.checks.suites.suite import Suite, file_of
from tercet_server.languages.kinds import is_test_path
from tercet_server.ports import (
    UNHURRIED,
    Exploration,
    Explored,
    Limits,
    Opening,
    PrivateCopy,
    ReportProgress,
    Sandbox,
    TestReport,
    TestSession,
)

_PYTHON = (".py", ".pyi", ".pyw")
_PREPARING_SHARE = 0.5
"""Of the time for the work: the rest is for the tests."""

_UNTOLD_S = 1.0
"""What takes no longer is not told."""

Collecting = Callable[[TestSession, Sequence[str]], Awaitable[TestReport]]


class WorkspaceTests:
    """`caches` is the daemon's folder for what compilers keep from run to run."""

    def __init__(self, sandbox: Sandbox, caches: Path, limits: Limits | None = None) -> None:
        self.sandbox = sandbox
        self.caches = caches
        self.limits = limits or Limits()
        self._pytest = PytestTests(sandbox, limits)
        self._filled: dict[Path, _Filled] = {}
        """By the workspace's root."""

    @asynccontextmanager
    async def session(
        self,
        copy: PrivateCopy,
        interpreter: Interpreter,
        workers: int,
        about: Sequence[str] = (),
        opening: Opening = UNHURRIED,
    ) -> AsyncIterator[TestSession]:
        """See the port. A workspace with Python alone gets pytest's own session."""
        compiled = await asyncio.to_thread(compiled_for, self.caches, copy)
        suites = await suites_of(copy, compiled.kept, compiled.own)
        shared = await self._compile(copy, compiled, suites, opening)
        async with AsyncExitStack() as opened:
            opened.push_async_callback(compiled.drop)
            python = await opened.enter_async_context(self._pytest.session(copy, interpreter, workers))
            if not suites:
                yield python
                return
            bench = Bench(self.sandbox, self.limits, shared)
            others = [(suite, SuiteSession(bench, suite, copy, workers)) for suite in suites]
            for _, session in others:
                opened.push_async_callback(session.close)
            files = [path for path in await copy.files() if path.endswith(_PYTHON)]
            names: dict[TestSession, str] = {session: suite.tool for suite, session in others if suite.files([])}
            if any(map(is_test_path, files)):
                names[python] = "pytest"
            yield MixedSession(python if files else None, others, about, names)

    async def _compile(
        self, copy: PrivateCopy, compiled: Compiled, suites: Sequence[Suite], opening: Opening
    ) -> tuple[Path, ...]:
        """The caches in which the commands of these suites may write: none, unless one of them compiles."""
        for suite in suites:
            if isinstance(suite, GoSuite):
                filled = self._filled.get(copy.original)
                if filled is None or not filled.is_of(copy):
                    most_s = opening.deadline_s * _PREPARING_SHARE
                    filling = compiled.fill(self.sandbox, self.limits, copy, suite, most_s)
                    whole = await _telling(filling, opening.progress)
                    self._filled[copy.original] = _Filled(copy.base_sha256, copy.root, whole)
                await compiled.lend()
                return (compiled.own,)
        return ()


@dataclass(frozen=True)
class _Filled:
    """What was compiled last of a workspace; without `whole` there was no time for all of it."""

    base_sha256: str
    root: Path
    whole: bool

    def is_of(self, copy: PrivateCopy) -> bool:
        """Whether it need not be done again: what took too long is gone on with by the next copy, not by every proof on this."""
        return self.base_sha256 == copy.base_sha256 and (self.whole or self.root == copy.root)


async def _telling(filling: Coroutine[None, None, bool], progress: ReportProgress | None) -> bool:
    """What `filling` gives, with a word about it once it takes its time."""
    task = asyncio.ensure_future(filling)
    try:
        await asyncio.wait([task], timeout=_UNTOLD_S)
        if progress is not None and not task.done():
            await progress(Progress(message="Compiling the Go packages, which is kept for later runs"))
        return await task
    finally:
        task.cancel()
        await asyncio.wait([task])


class MixedSession:
    """Implements `ports.TestSession`: hands every test to the session of its language."""

    def __init__(
        self,
        python: TestSession | None,
        others: Sequence[tuple[Suite, SuiteSession]],
        about: Sequence[str],
        names: Mapping[TestSession, str],
    ) -> None:
        """`about` are the files that the session is about, `names` what runs in the sessions that have tests."""
        self._python = python
        self._others = others
        self._about = [self._of(each) for each in about]
        self._names = names

    @property
    def import_paths(self) -> Sequence[str]:
        return () if self._python is None else self._python.import_paths

    async def collect(self, targets: Sequence[str] = ()) -> TestReport:
        if targets:
            return await self._each(self._shares(targets), lambda session, share: session.collect(share))
        chosen = list(dict.fromkeys(each for each in self._about if each is not None))
        if not chosen:
            return await self._own()
        report = await self._each({session: [] for session in chosen}, lambda session, _: session.collect())
        return self._without(chosen, report)

    async def run(
        self,
        tests: Sequence[str],
        *,
        per_test_s: float,
        deadline_s: float,
        texts: Mapping[str, str] = {},
        trace: bool = False,
        stop_at_failure: bool = False,
        modules: bool = False,
    ) -> TestReport:
        ends_at = time.monotonic() + deadline_s
        reports: list[TestReport] = []
        for session, share in self._shares(tests).items():
            reports.append(
                await session.run(
                    share,
                    per_test_s=per_test_s,
                    deadline_s=max(0.0, ends_at - time.monotonic()),
                    texts=texts,
                    trace=trace,
                    stop_at_failure=stop_at_failure,
                    modules=modules,
                )
            )
            if stop_at_failure and reports[-1].failing():
                break
        return _merged(reports)

    async def observe(self, tests: Sequence[str], *, texts: Mapping[str, str], deadline_s: float) -> Sequence[str]:
        if self._python is None or any(self._of(each) is not self._python for each in (*tests, *texts)):
            return ()
        return await self._python.observe(tests, texts=texts, deadline_s=deadline_s)

    async def explore(self, exploration: Exploration) -> Explored:
        if self._python is None or self._of(exploration.path) is not self._python:
            return Explored(problem="Only Python code can be explored.")
        return await self._python.explore(exploration)

    async def _own(self) -> TestReport:
        """All tests of the workspace: pytest's, unless it finds none."""
        if self._python is not None:
            report = await self._python.collect()
            if report.not_run or report.collection_errors:
                return self._without([self._python], report)
        return await self._each({session: [] for _, session in self._others}, lambda session, _: session.collect())

    async def _each(self, shares: Mapping[TestSession, Sequence[str]], work: Collecting) -> TestReport:
        return _merged([await work(session, share) for session, share in shares.items()])

    def _without(self, chosen: Sequence[TestSession], report: TestReport) -> TestReport:
        """The report of these sessions, with the names of the others that have tests."""
        return replace(report, left_out=tuple(name for each, name in self._names.items() if each not in chosen))

    def _shares(self, tests: Sequence[str]) -> dict[TestSession, list[str]]:
        """Tests by the sessions that run them; a folder may be of several."""
        shares: dict[TestSession, list[str]] = {}
        for test in tests:
            for session in self._all() if _is_folder(test) else [self._of(test)]:
                if session is not None:
                    shares.setdefault(session, []).append(test)
        return shares

    def _all(self) -> list[TestSession]:
        python = [] if self._python is None else [self._python]
        return [*python, *(session for _, session in self._others)]

    def _of(self, test: str) -> TestSession | None:
        """The session that a file or test belongs to; None for a folder, or a file that no runner knows."""
        file = file_of(test)
        if file.endswith(_PYTHON):
            return self._python
        if _is_folder(test):
            return None
        return next((session for suite, session in self._others if suite.covers(file)), None)


def _is_folder(test: str) -> bool:
    return "::" not in test and "." not in test.rstrip("/").rpartition("/")[2].lstrip(".")


def _merged(reports: Sequence[TestReport]) -> TestReport:
    """As one report; what ran them is told by the first that ran any."""
    if len(reports) == 1:
        return reports[0]
    told = next((each for each in reports if each.results or each.not_run), reports[0] if reports else TestReport({}))
    return replace(
        told,
        results={test: each for report in reports for test, each in report.results.items()},
        not_run=tuple(test for report in reports for test in report.not_run),
        collection_errors=tuple(each for report in reports for each in report.collection_errors),
        exit_code=max((each.exit_code or 0 for each in reports), default=0),
        duration_s=sum(each.duration_s for each in reports),
        modules={name: file for report in reports for name, file in report.modules.items()},
        runtimes=tuple(dict.fromkeys(runtime for each in reports for runtime in each.runtimes)),
        complete=all(each.complete for each in reports),
        tool=", ".join(dict.fromkeys(each.tool for each in reports if each.results or each.not_run)) or told.tool,
    )

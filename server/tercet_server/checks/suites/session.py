"""A test session over commands: each is a fresh process in the sandbox, on the copy or, for variants of the code, on a twin of it.

Nothing passes unless its runner said so: a test without a word is an error, and so is a command that failed for no test.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field, replace
from itertools import chain
from pathlib import Path

from tercet_shared.edits import ChangeSet
from tercet_shared.errors import NotFound

from tercet_server.checks.junit import read_regular_file
from tercet_server.checks.pytest.answers import NO_SUCH_TEST
from tercet_server.checks.suites.suite import Batch, Purpose, Ran, Reading, Suite, file_of
from tercet_server.edits import file_edit
from tercet_server.ports import (
    FAILING,
    Ending,
    Exploration,
    Explored,
    Jail,
    Limits,
    Outcome,
    PrivateCopy,
    Sandbox,
    SandboxResult,
    TestReport,
    TestResult,
)

LIST_S = 300.0
OUTPUT_BYTES = 32 * 1024**2
QUICK_S = 3.0
SLACK = 4.0
"""What a command that is known may take beside its tests: at least this, or so many times what it took before."""


@dataclass(frozen=True)
class Bench:
    """Where commands run. `caches` are writable folders that end with the copy."""

    sandbox: Sandbox
    limits: Limits
    caches: tuple[Path, ...] = ()


@dataclass
class _Tally:
    """What the batches of one request have said so far."""

    results: dict[str, TestResult] = field(default_factory=dict)
    broken: dict[str, TestResult] = field(default_factory=dict)
    not_run: list[str] = field(default_factory=list)
    listed: list[str] = field(default_factory=list)
    executed: list[str] = field(default_factory=list)
    complete: bool = True

    @property
    def failed(self) -> bool:
        return bool(self.broken) or any(each.outcome in FAILING for each in self.results.values())

    def take(self, test: TestResult) -> None:
        """Of two tests with one name the worse one counts."""
        known = self.results.get(test.test)
        if known is None or known.outcome not in FAILING:
            self.results[test.test] = test


class SuiteSession:
    """Implements `ports.TestSession` for one suite. Twins of the copy are made when variants are first tried."""

    def __init__(self, bench: Bench, suite: Suite, copy: PrivateCopy, workers: int) -> None:
        self._bench = bench
        self._suite = suite
        self._copy = copy
        self._workers = max(1, workers)
        self._turns = asyncio.Semaphore(min(self._workers, suite.parallel))
        self._twins: asyncio.Queue[PrivateCopy] | None = None
        self._making = asyncio.Lock()
        self._opened = AsyncExitStack()
        self._took: dict[tuple[str, ...], float] = {}

    @property
    def import_paths(self) -> Sequence[str]:
        return ()

    async def close(self) -> None:
        await self._opened.aclose()

    async def collect(self, targets: Sequence[str] = ()) -> TestReport:
        """See the port."""
        files = self._suite.files(targets)
        tally = _Tally()
        started = time.monotonic()
        await self._run_batches(self._copy, self._suite.batches(files, Purpose.LIST), tally, 1.0, LIST_S)
        asked = {each for each in targets if "::" in each}
        listed = [
            each for each in dict.fromkeys(tally.listed) if not asked or each in asked or file_of(each) in targets
        ]
        report = self._report(tally, started, targets)
        return replace(report, results={}, not_run=tuple(listed))

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
        """See the port. Variants run one after another on each twin, everything else on the copy itself."""
        started = time.monotonic()
        tally = _Tally()
        purpose = Purpose.TRACE if trace or modules else Purpose.RUN
        batches = self._suite.batches(self._without_folders(tests), purpose)
        if texts:
            async with self._variant(texts) as twin:
                await self._in_turn(twin, batches, tally, per_test_s, deadline_s, stop_at_failure)
        elif stop_at_failure:
            await self._in_turn(self._copy, batches, tally, per_test_s, deadline_s, stop_at_failure)
        else:
            await self._run_batches(self._copy, batches, tally, per_test_s, deadline_s)
        report = self._report(tally, started, tests)
        order = {test: number for number, test in enumerate(chain.from_iterable(b.tests or b.files for b in batches))}
        files = {file for batch in batches for file in batch.files}
        errors = tuple(each for each in report.collection_errors if each.test in files)
        results = {
            test: each
            for test, each in sorted(tally.results.items(), key=lambda pair: order.get(pair[0], len(order)))
            if test in order or file_of(test) in order
        }
        loaded = {path: path for path in tally.executed} if modules else {}
        return replace(report, results=results, collection_errors=errors, modules=loaded)

    async def observe(self, tests: Sequence[str], *, texts: Mapping[str, str], deadline_s: float) -> Sequence[str]:
        """Nothing is known of what calls give."""
        return ()

    async def explore(self, exploration: Exploration) -> Explored:
        """Nothing of it can be called."""
        return Explored(problem="Only Python code can be explored.")

    def _without_folders(self, tests: Sequence[str]) -> list[str]:
        """With the test files of a folder in its place."""
        expanded = ([test] if "." in file_of(test).rpartition("/")[2] else self._suite.files([test]) for test in tests)
        return list(dict.fromkeys(chain.from_iterable(expanded)))

    # -- batches

    async def _run_batches(
        self, copy: PrivateCopy, batches: Sequence[Batch], tally: _Tally, per_test_s: float, deadline_s: float
    ) -> None:
        ends_at = time.monotonic() + deadline_s

        async def one(batch: Batch) -> None:
            async with self._turns:
                await self._take(copy, batch, tally, per_test_s, ends_at - time.monotonic())

        async with asyncio.TaskGroup() as group:
            for batch in batches:
                group.create_task(one(batch))

    async def _in_turn(
        self,
        copy: PrivateCopy,
        batches: Sequence[Batch],
        tally: _Tally,
        per_test_s: float,
        deadline_s: float,
        stop_at_failure: bool,
    ) -> None:
        ends_at = time.monotonic() + deadline_s
        for batch in batches:
            await self._take(copy, batch, tally, per_test_s, ends_at - time.monotonic(), known=copy is not self._copy)
            if stop_at_failure and tally.failed:
                return

    async def _take(
        self,
        copy: PrivateCopy,
        batch: Batch,
        tally: _Tally,
        per_test_s: float,
        left_s: float,
        known: bool = False,
    ) -> None:
        """`known`: the command has run before on other texts, so that a limit can be told from what it took."""
        if left_s <= 0:
            tally.not_run += batch.tests or batch.files
            tally.complete = False
            return
        took = self._took.get(batch.shown) if known else None
        spare_s = self._suite.cold_s if took is None else max(QUICK_S, SLACK * took)
        wall_s = max(0.1, min(left_s, spare_s + per_test_s * max(1, len(batch.tests))))
        ran = await self._command(copy, batch, wall_s)
        reading = await asyncio.to_thread(self._suite.read, batch, ran)
        if ran.result.ending is Ending.EXITED and not known:
            self._took[batch.shown] = ran.result.duration_s
        late = ran.result.ending is Ending.TIMEOUT and wall_s >= left_s  # the deadline ended it, not the test
        _settle(batch, reading, ran.result, tally, late)

    async def _command(self, copy: PrivateCopy, batch: Batch, wall_s: float) -> Ran:
        jail = Jail(
            writable=copy.root,
            appears_at=copy.original,
            readable=tuple(self._suite.readable),
            caches=self._bench.caches,
            environment={**self._suite.environment, **batch.environment},
            runtime=self._suite.runtime,
        )
        root = str(self._bench.sandbox.root_inside(jail))
        jail = replace(jail, environment={**jail.environment, **self._suite.watching(batch, root)})
        limits = replace(self._bench.limits, wall_s=wall_s, cpu_s=None, output_bytes=OUTPUT_BYTES)
        result = await self._bench.sandbox.run(jail, batch.command, limits, cwd=batch.cwd)
        written = [await asyncio.to_thread(_written, copy.root, name) for name in (batch.report, batch.watched)]
        return Ran(result, written[0], root, written[1])

    def _report(self, tally: _Tally, started: float, asked: Sequence[str]) -> TestReport:
        batches = self._suite.batches(asked or self._suite.files(asked), Purpose.RUN)
        shown = [batch.shown for batch in batches]
        return TestReport(
            results=tally.results,
            not_run=tuple(dict.fromkeys(tally.not_run)),
            collection_errors=tuple(tally.broken.values()),
            command=shown[0] if shown else (self._suite.tool,),
            exit_code=1 if tally.failed else 0,
            duration_s=time.monotonic() - started,
            tool=self._suite.tool,
            program=self._suite.program,
            runtimes=(self._suite.runtime,),
            complete=tally.complete,
        )

    # -- variants

    @asynccontextmanager
    async def _variant(self, texts: Mapping[str, str]) -> AsyncIterator[PrivateCopy]:
        """A twin with these texts in it; nobody else's meanwhile, and as before afterwards."""
        twins = await self._made_twins()
        twin = await twins.get()
        try:
            edits = [file_edit(path, await _text_of(twin, path), text) for path, text in texts.items()]
            await twin.apply(ChangeSet(files=edits))
            yield twin
        finally:
            await twin.reset()
            twins.put_nowait(twin)

    async def _made_twins(self) -> asyncio.Queue[PrivateCopy]:
        async with self._making:
            if self._twins is None:
                twins: asyncio.Queue[PrivateCopy] = asyncio.Queue()
                for _ in range(self._workers):
                    twins.put_nowait(await self._opened.enter_async_context(self._copy.twin()))
                self._twins = twins
        return self._twins


async def _text_of(copy: PrivateCopy, path: str) -> str | None:
    try:
        return await copy.read_text(path)
    except NotFound:
        return None


def _written(folder: Path, name: str) -> bytes:
    return (read_regular_file(folder / name) if name else None) or b""


def _settle(batch: Batch, reading: Reading, result: SandboxResult, tally: _Tally, late: bool) -> None:
    """Takes in what a batch says, and says of each test that it was asked for what became of it."""
    for test in reading.results:
        tally.take(test)
    tally.broken.update({each.test: each for each in reading.broken})
    tally.listed += [*reading.listed, *reading.began]
    tally.executed += reading.executed
    said = {each.test for each in reading.results}
    missing = [test for test in batch.tests if test not in said]
    if result.ending is not Ending.EXITED:
        _settle_interrupted(batch, reading, result, tally, missing, late)
        return
    for absent in missing:
        cause = next((each for each in reading.broken if each.test == file_of(absent)), None)
        message = cause.message if cause is not None else NO_SUCH_TEST
        tally.take(TestResult(absent, Outcome.ERROR, 0.0, message=message, report=cause.report if cause else ""))
    explained = reading.broken or missing or any(each.outcome in FAILING for each in reading.results)
    if result.exit_code != 0 and not explained:
        for file in batch.files:
            tally.broken.setdefault(file, _unexplained(file, result))


def _settle_interrupted(
    batch: Batch, reading: Reading, result: SandboxResult, tally: _Tally, missing: list[str], late: bool
) -> None:
    tally.complete = False
    running = [test for test in reading.began if test not in {each.test for each in reading.results}][-1:]
    culprits = [test for test in missing if test in running] or missing[:1]
    if late:
        culprits = []
    for test in culprits:
        tally.take(_interrupted(test, result))
    if not batch.tests and not late:
        names = running or list(batch.files)
        for name in names:
            (tally.results if "::" in name else tally.broken)[name] = _interrupted(name, result)
    tally.not_run += [test for test in missing if test not in culprits]
    if late and not batch.tests:
        tally.not_run += batch.files


def _interrupted(test: str, result: SandboxResult) -> TestResult:
    if result.ending is Ending.TIMEOUT:
        return TestResult(test, Outcome.TIMEOUT, result.duration_s, message="it did not end in time")
    message = f"the sandbox ended the test process ({result.ending.value})"
    return TestResult(test, Outcome.ERROR, result.duration_s, message=message, report=_tail(result))


def _unexplained(file: str, result: SandboxResult) -> TestResult:
    message = f"the test process ended with exit code {result.exit_code} and named no test that failed"
    return TestResult(file, Outcome.ERROR, result.duration_s, message=message, report=_tail(result))


def _tail(result: SandboxResult) -> str:
    return (result.stdout[-4000:] + b"\n" + result.stderr[-8000:]).decode("utf-8", "replace").strip()

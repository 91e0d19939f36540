"""The test session: distributes what is to be run over warm workers, and puts their answers together to one report."""

import asyncio
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass, replace
from itertools import chain
from pathlib import Path

from tercet_shared.errors import NoInterpreter
from tercet_shared.workspaces import Interpreter

from tercet_server.checks.pytest import answers, installation
from tercet_server.checks.pytest.dispatch import Dispatcher
from tercet_server.checks.pytest.explored import explored
from tercet_server.checks.pytest.job import Deadline, Job, Order
from tercet_server.checks.pytest.worker import Post, Worker
from tercet_server.ports import (
    FAILING,
    UNHURRIED,
    Exploration,
    Explored,
    Jail,
    Limits,
    Opening,
    PrivateCopy,
    Sandbox,
    TestReport,
    TestResult,
)

DRIVER = Path(__file__).parent / "driver"

COLLECT_S = 120.0
OBSERVED_S = 2.0
"""What a test may take whose calls are recorded."""
_SESSION_S = 6 * 3600.0
_SMALL = 8
"""So few tests are not worth more than one process."""
_BATCHES_PER_WORKER = 4

_QUIET = {"PYTHONDONTWRITEBYTECODE": "1", "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
"""No bytecode is left in the copy, and libraries start no threads that a fork would lose."""


async def jail_for(copy: PrivateCopy, interpreter: Interpreter) -> Jail:
    """What an interpreter sees when it runs the workspace's tests on `copy`."""
    executable = Path(interpreter.path)
    folders = await asyncio.to_thread(installation.readable_folders, executable, copy.original)
    environment = {**await asyncio.to_thread(installation.environment_variables, executable), **_QUIET}
    return Jail(
        writable=copy.root,
        appears_at=copy.original,
        readable=(*folders, DRIVER),
        environment=environment,
        network=False,
        runtime="python",
    )


@dataclass
class _Shared:
    session: "PytestSession"
    users: int = 0


class PytestTests:
    """Implements `ports.Tests`. `limits` are those of one worker; its wall-clock limit is the session's business."""

    def __init__(self, sandbox: Sandbox, limits: Limits | None = None) -> None:
        self._sandbox = sandbox
        self._limits = replace(limits or Limits(), wall_s=_SESSION_S, cpu_s=None)
        self._open: dict[tuple[Path, str], _Shared] = {}

    @asynccontextmanager
    async def session(
        self,
        copy: PrivateCopy,
        interpreter: Interpreter,
        workers: int,
        about: Sequence[str] = (),
        opening: Opening = UNHURRIED,
    ) -> AsyncIterator["PytestSession"]:
        """Workers start with their first job. Raises NoInterpreter (then), SandboxFailed.

        Whoever opens another one on the same copy meanwhile gets the same workers: these hold nothing of the workspace.
        """
        post, root = await self._post(copy, interpreter)
        key = (copy.root, interpreter.path)
        if key not in self._open:
            self._open[key] = _Shared(PytestSession(post, root, max(1, workers)))
        shared = self._open[key]
        shared.users += 1
        try:
            yield shared.session
        finally:
            shared.users -= 1
            if not shared.users:
                del self._open[key]
                await shared.session.close()

    async def _post(self, copy: PrivateCopy, interpreter: Interpreter) -> tuple[Post, str]:
        """Where its workers run, and what the root of the copy is called there."""
        jail = await jail_for(copy, interpreter)
        root = str(self._sandbox.root_inside(jail))
        post = Post(
            sandbox=self._sandbox,
            jail=replace(jail, environment={**jail.environment, "PYTHONHASHSEED": "0"}),
            command=(interpreter.path, str(DRIVER), root, str(copy.original)),
            limits=self._limits,
            interpreter=interpreter.path,
        )
        return post, root


class PytestSession:
    """Implements `ports.TestSession`."""

    def __init__(self, post: Post, root: str, workers: int) -> None:
        self._root = root
        self._interpreter = post.interpreter
        self._jobs = Dispatcher()
        self._workers = [Worker(post, self._jobs) for _ in range(workers)]
        self._serving = [asyncio.create_task(worker.serve()) for worker in self._workers]

    @property
    def import_paths(self) -> list[str]:
        """Folders of the copy (as seen inside) that stand for import paths of the original: editable installs."""
        return list(dict.fromkeys(path for worker in self._workers for path in worker.import_paths))

    async def collect(self, targets: Sequence[str] = ()) -> TestReport:
        """See the port. A file whose import hangs or ends the process is a collection error, like any that fails."""
        order = Order(tests=list(targets), per_test_s=1.0, deadline_s=COLLECT_S, collect_only=True)
        return await self._report([order], list(targets))

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
        """See the port. More than a few tests of several files are spread over the workers, file by file."""
        order = Order(list(tests), per_test_s, deadline_s, texts, trace, stop_at_failure, probe=modules)
        orders = [replace(order, tests=batch) for batch in self._batches(order)]
        return await self._report(orders, order.tests)

    async def observe(self, tests: Sequence[str], *, texts: Mapping[str, str], deadline_s: float) -> list[str]:
        """See the port."""
        order = Order(list(tests), OBSERVED_S, deadline_s, texts, stop_at_failure=True, observe=True)
        return (await self._do([order]))[0].observed

    async def explore(self, exploration: Exploration) -> Explored:
        """See the port."""
        asked = {**asdict(exploration), "deadline_s": None}
        order = Order([], 0.0, exploration.deadline_s, explore=asked)
        return explored((await self._do([order]))[0].explored)

    async def close(self) -> None:
        """Kills the workers; what is still asked for is withdrawn."""
        for task in self._serving:
            task.cancel()
        await asyncio.gather(*self._serving, return_exceptions=True)
        self._jobs.withdraw_all()

    def _batches(self, order: Order) -> list[list[str]]:
        if not order.tests:
            return []
        files: dict[str, list[str]] = {}
        for test in order.tests:
            files.setdefault(test.partition("::")[0], []).append(test)
        if order.stop_at_failure or len(self._workers) == 1 or len(files) == 1 or len(order.tests) < _SMALL:
            return [list(order.tests)]
        groups = list(files.values())
        size = -(-len(groups) // (_BATCHES_PER_WORKER * len(self._workers)))
        return [list(chain(*groups[start : start + size])) for start in range(0, len(groups), size)]

    async def _do(self, orders: Sequence[Order]) -> list[Job]:
        """All orders, done. They share one deadline, which counts from the moment that a worker takes up the first."""
        deadline = Deadline(max((order.deadline_s for order in orders), default=0.0))
        jobs = [Job(order, deadline) for order in orders]
        for job in jobs:
            self._jobs.put(job)
        try:
            await asyncio.gather(*(job.done for job in jobs))
        finally:
            for job in jobs:
                job.done.cancel()
        return jobs

    async def _report(self, orders: Sequence[Order], asked: Sequence[str]) -> TestReport:
        started = time.monotonic()
        jobs = await self._do(orders)
        self._refuse_breakdown(jobs)
        results: dict[str, TestResult] = {}
        errors: dict[str, TestResult] = {}
        for job in jobs:
            results.update(job.results)
            errors.update(job.collection_errors)
        failing = bool(errors) or any(each.outcome in FAILING for each in results.values())
        return TestReport(
            results=_in_order(results, jobs, asked),
            not_run=tuple(dict.fromkeys(test for job in jobs for test in job.not_run)),
            collection_errors=tuple(errors.values()),
            command=(self._interpreter, "-m", "pytest", *asked),
            exit_code=1 if failing else 0,
            duration_s=time.monotonic() - started,
            modules=_modules(jobs, self._root),
            runtimes=("python",),
            complete=all(job.complete for job in jobs),
        )

    def _refuse_breakdown(self, jobs: Sequence[Job]) -> None:
        for lines in (job.breakdown.strip().splitlines() for job in jobs):
            if lines:
                cause = next((line for line in reversed(lines) if "error" in line.lower()), lines[-1])
                raise NoInterpreter(
                    f"pytest breaks down before the first test: {cause.removeprefix('INTERNALERROR>').strip()[:300]}."
                    f" Run `{self._interpreter} -m pytest` in the workspace and mend what it complains of."
                )


def _in_order(results: Mapping[str, TestResult], jobs: Sequence[Job], asked: Sequence[str]) -> dict[str, TestResult]:
    order = dict.fromkeys(test for test in asked if test in results)
    for job in jobs:
        order.update(dict.fromkeys(test for test in job.items if test in results))
    order.update(dict.fromkeys(results))
    return {test: results[test] for test in order}


def _modules(jobs: Sequence[Job], root: str) -> dict[str, str]:
    return {name: file for job in jobs for name, file in answers.modules(job.loaded, root).items()}

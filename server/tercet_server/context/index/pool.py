"""Digests contents in several processes at once. What kills a process, or takes too long, is left out and said so."""

import os
import pickle
import subprocess
import sys
import threading
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import suppress
from queue import SimpleQueue

from tercet_server.context.digesting.digest import Digested, Source, digest, undigestible

MAX_WORKERS = 4
"""More would take the machine from its user for little: reading and storing are done by one."""

DEADLINE_S = 60.0
"""For what takes tenths of a second."""

FEW_BYTES = 300_000
"""Digested by the caller in less time than processes take to start; more would hold up what else the process does."""

RENEWED_AFTER_BYTES = 12_000_000
"""Of sources: what parsing leaves behind in a process's memory is then given back by starting another."""


def pool_for(size_bytes: int, workers: int | None = None) -> "DigestPool | Inline":
    """Where so much is digested: in the calling thread or in processes."""
    return Inline() if size_bytes < FEW_BYTES else DigestPool(workers)


class DigestPool:
    """A context manager; its processes end with it. `problems` names what could not be digested."""

    def __init__(self, workers: int | None = None) -> None:
        self._count = workers or max(1, min(MAX_WORKERS, os.cpu_count() or 1))
        self._threads = ThreadPoolExecutor(self._count, thread_name_prefix="index")
        self._idle: SimpleQueue[_Process] = SimpleQueue()
        self.problems: list[str] = []

    def __enter__(self) -> "DigestPool":
        for _ in range(self._count):
            self._idle.put(_Process())
        return self

    def __exit__(self, *_: object) -> None:
        self._threads.shutdown(wait=True, cancel_futures=True)
        while not self._idle.empty():
            self._idle.get().end()

    def digested(self, chunks: Iterable[Sequence[Source]], stop: threading.Event) -> Iterator[Digested]:
        """In no order; a few chunks are under way at a time. Ends early once `stop` is set."""
        under_way: set[Future[list[Digested]]] = set()
        for chunk in chunks:
            under_way.add(self._threads.submit(self._digested, chunk))
            if len(under_way) > 2 * self._count:
                done, under_way = wait(under_way, return_when=FIRST_COMPLETED)
                for future in done:
                    yield from future.result()
            if stop.is_set():
                return
        while under_way and not stop.is_set():
            done, under_way = wait(under_way, return_when=FIRST_COMPLETED)
            for future in done:
                yield from future.result()

    def _digested(self, sources: Sequence[Source]) -> list[Digested]:
        """At once if that works, else one by one, to lose only the one that is at fault."""
        process = self._idle.get()
        if process.digested_bytes > RENEWED_AFTER_BYTES:
            process = process.replaced()
        try:
            found = process.digest(sources)
            if found is not None:
                return [found]
            process = process.replaced()
            results = []
            for source in sources:
                alone = process.digest([source])
                if alone is None:
                    process = process.replaced()
                    self.problems.append(
                        f"{source.path} could not be parsed (it ended or held up the parser); only its path is indexed."
                    )
                    alone = undigestible(source)
                results.append(alone)
            return results
        finally:
            self._idle.put(process)


class Inline:
    """Digests in the calling thread: for a few files, where starting processes would take longer."""

    def __init__(self) -> None:
        self.problems: list[str] = []

    def __enter__(self) -> "Inline":
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def digested(self, chunks: Iterable[Sequence[Source]], stop: threading.Event) -> Iterator[Digested]:
        for chunk in chunks:
            if stop.is_set():
                return
            yield digest(chunk)


class _Process:
    """One worker process, used by one thread at a time."""

    def __init__(self) -> None:
        command = [sys.executable, "-P", "-m", "tercet_server.context.digesting.worker"]
        self._process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=os.path.abspath(os.sep)
        )
        self.digested_bytes = 0

    def digest(self, sources: Sequence[Source]) -> Digested | None:
        """None if the process did not live to tell, or took too long."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self.digested_bytes += sum(len(source.data) for source in sources)
        killer = threading.Timer(DEADLINE_S, self._process.kill)
        killer.start()
        try:
            pickle.dump(list(sources), self._process.stdin, protocol=pickle.HIGHEST_PROTOCOL)
            self._process.stdin.flush()
            found = pickle.load(self._process.stdout)  # noqa: S301 - from our own process
        except (OSError, EOFError, pickle.UnpicklingError):
            return None
        finally:
            killer.cancel()
        return found if isinstance(found, Digested) else None

    def replaced(self) -> "_Process":
        self.end()
        return _Process()

    def end(self) -> None:
        """At once: there is nothing in it to lose."""
        self._process.kill()
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                with suppress(OSError):
                    pipe.close()
        self._process.wait()

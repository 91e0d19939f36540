"""Brings an index up to the files as they are: reads what changed, digests what is new, and writes it in batches.

What is written is consistent after every batch, so readers see the index grow, and one that was interrupted goes on where
it stopped.
"""

import threading
import time
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from tercet_server.context.digesting.digest import Digested, Source
from tercet_server.context.index import contents
from tercet_server.context.index.listing import Listed, Listing
from tercet_server.context.index.pool import pool_for
from tercet_server.context.index.records import Progress
from tercet_server.context.index.store import Store
from tercet_server.context.index.writing import Batch, FileRow, file_row, stamp_text

_CHUNK_BYTES = 250_000
_CHUNK_FILES = 100
_BATCH_BYTES = 6_000_000
_BATCH_S = 5.0
"""After which what has been read is written, for whoever asks meanwhile."""


@dataclass(frozen=True, slots=True)
class Stored:
    """What the index knows: the stamp of each file as text, and the contents there are."""

    files: dict[str, str | None]
    keys: set[bytes]

    @classmethod
    def read(cls, store: Store) -> "Stored":
        with store.read() as database:
            files = dict(database.conn.execute("SELECT path, stamp FROM files").fetchall())
            keys = {key for (key,) in database.conn.execute("SELECT key FROM contents")}
        return cls(files, keys)


@dataclass(frozen=True)
class Observer:
    """Who follows a build. `newer` is asked at every batch for paths that were updated since: they are left alone."""

    report: Callable[[Progress], None]
    newer: Callable[[], Collection[str]]
    written: Callable[[], None]


class Build:
    """One run over a listing."""

    def __init__(self, store: Store, root: Path, numbers: "Numbers", observer: Observer, stop: threading.Event) -> None:
        self._store = store
        self._root = root
        self._numbers = numbers
        self._observer = observer
        self._stop = stop
        self._batch = Batch()
        self._written_at = time.monotonic()
        self._waiting: dict[bytes, list[FileRow]] = {}
        self._about: dict[int, tuple[bytes, int]] = {}
        self._done = self._total = 0
        self.problems: list[str] = []

    def run(self, listing: Listing) -> bool:
        """Whether it came to its end. Raises Damaged, DiskFull, NotWritable; what was written before stays."""
        stored = Stored.read(self._store)
        changed = [each for each in listing.files if not _is_current(each, stored)]
        here = {each.path for each in listing.files}
        self._batch.removed = [path for path in stored.files if path not in here]
        self._total = len(listing.files)
        self._done = self._total - len(changed)
        self._observer.report(Progress(self._done, self._total, complete=False))
        read = (each for each in changed if contents.is_worth_reading(each.path, each.size_bytes))
        with pool_for(sum(each.size_bytes for each in read)) as pool:
            for digested in pool.digested(self._chunks(changed, stored.keys), self._stop):
                self._take(digested)
        self.problems += pool.problems
        if self._stop.is_set():
            return False
        self._write()
        return True

    def _chunks(self, changed: Iterable[Listed], known: set[bytes]) -> Iterator[list[Source]]:
        """The new contents, some at a time. Files whose content is known, or is not read, need no digest."""
        chunk: list[Source] = []
        size_bytes = 0
        for listed in changed:
            if self._stop.is_set():
                return
            source = self._source(listed, known)
            if source is None:
                self._progressed()
                continue
            chunk.append(source)
            size_bytes += len(source.data)
            if size_bytes >= _CHUNK_BYTES or len(chunk) >= _CHUNK_FILES:
                yield chunk
                chunk, size_bytes = [], 0
        if chunk:
            yield chunk

    def _source(self, listed: Listed, known: set[bytes]) -> Source | None:
        found = None
        if contents.is_worth_reading(listed.path, listed.size_bytes):
            found = contents.read(self._root, listed.path, listed.size_bytes)
        if found is None:
            self._batch.files.append(file_row(listed, None, listed.stamp))
            return None
        data, stamp = found
        key = contents.key(listed.path, data)
        row = file_row(listed, key, stamp)
        if key in self._waiting:
            self._waiting[key].append(row)
            return None
        if key in known:
            self._batch.files.append(row)
            return None
        number = self._numbers.take()
        self._waiting[key] = [row]
        self._about[number] = key, len(data)
        return Source(number, listed.path, data)

    def _take(self, digested: Digested) -> None:
        self._batch.add(digested, self._about)
        for digest in digested.digests:
            key, _ = self._about.pop(digest.content)
            self._batch.files += self._waiting.pop(key)
            self._progressed()
        if self._batch.size_bytes > _BATCH_BYTES or time.monotonic() - self._written_at > _BATCH_S:
            self._write()

    def _progressed(self) -> None:
        self._done += 1
        self._observer.report(Progress(self._done, self._total, complete=False))

    def _write(self) -> None:
        batch, self._batch = self._batch, Batch()
        if batch:
            batch.write(self._store, self._observer.newer)
            self._observer.written()
        self._written_at = time.monotonic()


class Numbers:
    """Hands out the numbers of contents, each once."""

    def __init__(self, first: int) -> None:
        self._next = first
        self._lock = threading.Lock()

    def take(self) -> int:
        with self._lock:
            self._next += 1
            return self._next - 1


def _is_current(listed: Listed, stored: Stored) -> bool:
    return listed.stamp is not None and stored.files.get(listed.path) == stamp_text(listed.stamp)

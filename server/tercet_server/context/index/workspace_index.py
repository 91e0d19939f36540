"""The index of one workspace: opens it, builds it, keeps it up to date, hands out snapshots. Blocks: call it in threads."""

import hashlib
import logging
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TypeVar

from tercet_shared.errors import TercetError

from tercet_server.context.digesting.digest import Source
from tercet_server.context.index import contents
from tercet_server.context.index.building import Build, Numbers, Observer
from tercet_server.context.index.history import EMPTY, History, read_history, resolved
from tercet_server.context.index.listing import Listed, Listing, Membership, list_files, look
from tercet_server.context.index.pool import pool_for
from tercet_server.context.index.records import IndexStatus, Progress
from tercet_server.context.index.snapshot import Snapshot
from tercet_server.context.index.store import Damaged, Store
from tercet_server.context.index.tidying import tidy
from tercet_server.context.index.writing import Batch, file_row, highest_number
from tercet_server.files.selection import is_left_out

LOG = logging.getLogger(__name__)

Result = TypeVar("Result")

_TIDY_AFTER = 50
"""Updates."""

_HISTORIES = 4
"""Kept in memory: the head's, and of whoever asks for another commit's again and again."""


class WorkspaceIndex:
    """Made by `open`. Thread-safe; of builds one at a time."""

    def __init__(self, store: Store, root: Path, *, trusted: bool) -> None:
        self._store = store
        self._root = root
        self._trusted = trusted
        self._numbers = Numbers(highest_number(store) + 1)
        self._building = threading.Lock()
        self._updating = threading.Lock()
        self._newer: set[str] | None = None
        self._overlaid: set[str] = set()
        self._updates = 0
        self._generation = 0
        self._snapshot: Snapshot | None = None
        self._reading = threading.Lock()
        self._recalling = threading.Lock()
        self._histories: dict[str, History] = {}
        self._problems: list[str] = []
        self._progress = Progress(0, 0, complete=False)
        self._built_at: float | None = None

    @classmethod
    def open(cls, folder: Path, root: Path, *, trusted: bool) -> "WorkspaceIndex":
        """The index of the files below `root` (a real path), in a file of its own in `folder`.

        What is there and damaged, or of another version, gives way to an empty one; `status` says so. Raises DiskFull,
        NotWritable.
        """
        name = hashlib.sha256(str(root).encode("utf-8", "surrogateescape")).hexdigest()[:24]
        return cls(Store.open(folder / f"{name}.sqlite"), root, trusted=trusted)

    def build(self, report: Callable[[Progress], None] | None = None, stop: threading.Event | None = None) -> None:
        """Brings everything up to the files as they are; `report` is called often, from this thread.

        With nothing changed it only looks at each file. Raises WorkspaceGone, DiskFull, NotWritable: what was indexed until
        then stays and can be read, as it does once `stop` is set.
        """
        stop = stop or threading.Event()

        def said(progress: Progress) -> None:
            self._progress = progress
            if report is not None:
                report(progress)

        with self._building:
            with self._updating:
                self._newer = set(self._overlaid)
            try:
                listing = list_files(self._root, trusted=self._trusted, stop=stop)
                if not stop.is_set():  # else the listing may be a part
                    self._healing(lambda: self._build(listing, stop, said))
            except TercetError as error:
                self._problems = [error.sentence]
                LOG.warning("indexing %s stopped: %s", self._root, error.sentence)
                raise
            finally:
                self._newer = None
                self._changed()
        if report is not None:
            report(self._progress)

    def update(self, paths: Sequence[str], texts: Mapping[str, str] | None = None) -> None:
        """These files (relative paths) anew: from `texts` (what an editor has unsaved) or else from disk; what is gone goes.

        A text given for a path stays until the path is updated without one. Raises DiskFull, NotWritable.
        """
        with self._updating:
            self._healing(lambda: self._update(paths, texts or {}))

    def snapshot(self) -> Snapshot:
        """What is indexed now; the same object until something changes. Raises DiskFull, NotWritable."""
        with self._reading:
            if self._snapshot is None or self._snapshot.generation != self._generation:
                self._snapshot = self._healing(lambda: Snapshot(self._store, self._generation, self._progress))
            return self._snapshot

    def history(self, commit: str | None = None) -> History:
        """Of the ancestors of `commit`, or of the head: empty where there is none or the folder is not trusted.

        Raises Unsupported for what names no commit, DeadlineExceeded, DiskFull, NotWritable.
        """
        if not self._trusted:
            return EMPTY
        try:
            head = resolved(self._root, commit or "HEAD")
        except TercetError:
            if commit is not None:
                raise
            return EMPTY
        with self._recalling:
            found = self._histories.get(head)
            if found is None or not found.complete:
                found = self._healing(lambda: read_history(self._store, self._root, head))
                self._histories = dict([*self._histories.items(), (head, found)][-_HISTORIES:])
            return found

    @property
    def root(self) -> Path:
        return self._root

    @property
    def progress(self) -> Progress:
        return self._progress

    def status(self) -> IndexStatus:
        snapshot = self.snapshot()
        return IndexStatus(
            files=len(snapshot.files),
            documents=snapshot.doc_count,
            lines=sum(file.lines for file in snapshot.files),
            size_bytes=self._store.size_bytes(),
            progress=self._progress,
            problems=(*self._store.problems, *self._problems),
            built_at=self._built_at,
        )

    def rebuild(self, report: Callable[[Progress], None] | None = None, stop: threading.Event | None = None) -> None:
        """Forgets everything and builds anew. Raises as `build`."""
        with self._building, self._updating:
            self._store.start_anew("is to be forgotten")
            self._store.problems.clear()
            self._changed()
        self.build(report, stop)

    def close(self) -> None:
        self._store.close()

    # -- parts ----------------------------------------------------------------------------------------------------

    def _build(self, listing: Listing, stop: threading.Event, said: Callable[[Progress], None]) -> None:
        observer = Observer(report=said, newer=lambda: self._newer or (), written=self._changed)
        build = Build(self._store, self._root, self._numbers, observer, stop)
        ended = build.run(listing)
        self._problems = [*listing.problems, *build.problems]
        for problem in self._problems:
            LOG.warning("%s", problem)
        if ended:
            tidy(self._store)
            self._built_at = time.time()
            self._progress = Progress(len(listing.files), len(listing.files), complete=True)

    def _update(self, paths: Sequence[str], texts: Mapping[str, str]) -> None:
        batch = Batch()
        members = Membership(self._root, trusted=self._trusted).among(list(paths))
        for path in dict.fromkeys(paths):
            text = texts.get(path)
            (self._overlaid.discard if text is None else self._overlaid.add)(path)
            listed = self._listed(path, text) if path in members else None
            if listed is None:
                batch.removed.append(path)
            else:
                self._add(batch, listed, text)
        if self._newer is not None:
            self._newer.update(paths)
        batch.write(self._store)
        self._changed()
        self._updates += 1
        if self._updates % _TIDY_AFTER == 0:
            tidy(self._store)

    def _listed(self, path: str, text: str | None) -> Listed | None:
        if text is None:
            return look(self._root, path)
        return None if is_left_out(path) else Listed(path, len(text.encode("utf-8", "surrogatepass")), None)

    def _add(self, batch: Batch, listed: Listed, text: str | None) -> None:
        found = None
        if contents.is_worth_reading(listed.path, listed.size_bytes):
            data = None if text is None else text.encode("utf-8", "surrogatepass")
            found = contents.read(self._root, listed.path, listed.size_bytes) if data is None else (data, None)
        if found is None:
            batch.files.append(file_row(listed, None, listed.stamp))
            return
        data, stamp = found
        key = contents.key(listed.path, data)
        if not self._is_known(key):
            self._digest(batch, listed.path, data, key)
        batch.files.append(file_row(listed, key, stamp))

    def _digest(self, batch: Batch, path: str, data: bytes, key: bytes) -> None:
        number = self._numbers.take()
        with pool_for(len(data), workers=1) as pool:
            for digested in pool.digested([[Source(number, path, data)]], threading.Event()):
                batch.add(digested, {number: (key, len(data))})
        for problem in pool.problems:
            LOG.warning("%s", problem)

    def _is_known(self, key: bytes) -> bool:
        with self._store.read() as database:
            return database.conn.execute("SELECT 1 FROM contents WHERE key = ?", (key,)).fetchone() is not None

    def _changed(self) -> None:
        self._generation += 1

    def _healing(self, work: Callable[[], Result]) -> Result:
        """Does the work; on a damaged file once more, on an empty one."""
        try:
            return work()
        except Damaged as error:
            self._store.start_anew(f"was damaged ({error})")
            self._progress = Progress(0, self._progress.total, complete=False)
            self._histories.clear()
            self._changed()
            return work()

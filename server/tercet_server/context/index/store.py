"""The file of one index: opened, healed and written in whole transactions. One writer at a time; readers never wait for it."""

import logging
import os
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import sqlite_utils
from tercet_shared.errors import DiskFull, NotWritable, TercetError

from tercet_server.context.index import schema

LOG = logging.getLogger(__name__)

_PRAGMAS = (
    "journal_mode = WAL",
    "synchronous = NORMAL",  # a power cut may lose the last writes, never the file; and it is a cache
    "busy_timeout = 10000",
    "cache_size = -16000",
    "journal_size_limit = 16000000",
    "wal_autocheckpoint = 4000",
)

_DAMAGE = (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)


class Damaged(Exception):
    """The file is no index that can be read."""


class Store:
    """Made by `open`. Thread-safe."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.problems: list[str] = []
        self._writing = threading.RLock()
        self._reading = threading.RLock()
        self._closed = False

    @classmethod
    def open(cls, path: Path) -> "Store":
        """Whatever stands at `path`: it is a cache, so what is damaged, older or not ours gives way to an empty index.

        Raises DiskFull, NotWritable.
        """
        store = cls(path)
        _make_private(path)
        try:
            store._connect()
            reason = store._why_not()
        except Damaged as error:
            reason = f"was damaged ({error})"
        if reason is not None:
            store.start_anew(reason)
        return store

    def start_anew(self, reason: str) -> None:
        """Puts the file aside (the last such is kept) and begins an empty one. Raises DiskFull, NotWritable."""
        with self._writing, self._reading:
            self._disconnect()
            sentence = f"The index {self.path} {reason}; it is built anew."
            LOG.warning(sentence)
            self.problems.append(sentence)
            try:
                for suffix in ("-wal", "-shm"):
                    self.path.with_name(self.path.name + suffix).unlink(missing_ok=True)
                self.path.replace(self.path.with_name(self.path.name + ".old"))
            except OSError as error:
                raise NotWritable(f"The index {self.path} cannot be replaced ({error.strerror}).") from error
            _make_private(self.path)
            self._connect()
            with translated(self.path):
                schema.create(self._writer)

    @contextmanager
    def write(self) -> Iterator[sqlite_utils.Database]:
        """One transaction, all or nothing. Raises Damaged, DiskFull, NotWritable."""
        with self._writing, translated(self.path):
            connection = self._writer.conn
            connection.execute("BEGIN IMMEDIATE")
            try:
                yield self._writer
                connection.execute("COMMIT")
            except BaseException:
                with suppress(sqlite3.Error):
                    connection.execute("ROLLBACK")
                raise

    @contextmanager
    def read(self) -> Iterator[sqlite_utils.Database]:
        """What is read inside is of one moment. Raises Damaged, NotWritable."""
        with self._reading, translated(self.path):
            connection = self._reader.conn
            nested = connection.in_transaction
            if not nested:
                connection.execute("BEGIN")
            try:
                yield self._reader
            finally:
                if not nested:
                    connection.execute("COMMIT")

    def close(self) -> None:
        """Notes that all is well, so that the next `open` need not look. Closing twice is no matter."""
        with self._writing, self._reading:
            if not self._closed:
                self._closed = True
                with suppress(TercetError, Damaged), translated(self.path):
                    _note(self._writer, "closed", "1")
                    self._writer.execute("PRAGMA wal_checkpoint(TRUNCATE)")
                self._disconnect()

    def size_bytes(self) -> int:
        paths = [self.path, self.path.with_name(self.path.name + "-wal")]
        return sum(path.stat().st_size for path in paths if path.exists())

    # -- parts ----------------------------------------------------------------------------------------------------

    def _connect(self) -> None:
        with translated(self.path):
            self._writer = _connected(self.path)
            self._reader = _connected(self.path)

    def _disconnect(self) -> None:
        for name in ("_reader", "_writer"):
            database = getattr(self, name, None)
            if database is not None:
                database.conn.close()

    def _why_not(self) -> str | None:
        """Why the file that is open is not used; None if it is fine. An empty one gets its tables. Raises Damaged."""
        with translated(self.path):
            version = _pragma(self._writer, "user_version")
            if version == 0 and not self._writer.table_names():
                schema.create(self._writer)
            elif _pragma(self._writer, "application_id") != schema.APPLICATION_ID:
                return "is a database of something else"
            elif version != schema.VERSION:
                return f"was written by another version of Tercet (index {version}, this one has {schema.VERSION})"
            elif not _was_closed(self._writer):
                found = self._writer.execute("PRAGMA quick_check(1)").fetchone()[0]
                if found != "ok":
                    raise Damaged(str(found).splitlines()[-1])
            _note(self._writer, "closed", "0")
        return None


@contextmanager
def translated(path: Path) -> Iterator[None]:
    """SQLite's errors as ours: Damaged, DiskFull, NotWritable."""
    try:
        yield
    except sqlite3.Error as error:
        code = getattr(error, "sqlite_errorcode", 0) & 0xFF
        if code in _DAMAGE or (type(error) is sqlite3.DatabaseError and not code):
            raise Damaged(str(error)) from error
        if code == sqlite3.SQLITE_FULL:
            raise DiskFull(f"There is no room left for the index {path}; free some, then indexing goes on.") from error
        raise NotWritable(f"The index {path} cannot be used ({error}); check the folder that it is in.") from error


def _connected(path: Path) -> sqlite_utils.Database:
    connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
    try:
        for pragma in _PRAGMAS:
            connection.execute(f"PRAGMA {pragma}")
    except BaseException:
        connection.close()
        raise
    return sqlite_utils.Database(connection, execute_plugins=False)


def _make_private(path: Path) -> None:
    """It holds pieces of the user's source code: nobody else may read it."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))
    except OSError as error:
        raise NotWritable(
            f"The index {path} cannot be written ({error.strerror}); make its folder writable, or set TERCET_HOME."
        ) from error


def _pragma(database: sqlite_utils.Database, name: str) -> int:
    return int(database.execute(f"PRAGMA {name}").fetchone()[0])


def _was_closed(database: sqlite_utils.Database) -> bool:
    row = database.execute("SELECT value FROM meta WHERE key = 'closed'").fetchone()
    return row is not None and row[0] == "1"


def _note(database: sqlite_utils.Database, key: str, value: str) -> None:
    database.execute(
        "INSERT INTO meta (key, value) VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value",
        (key, value),
    )

"""Opens the ledger's database file: durability settings, permissions, schema. A broken file is set aside, never deleted."""

import logging
import os
from datetime import datetime
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy import event, exc
from tercet_shared.errors import NotWritable

from tercet_server.ledger.faults import is_corruption, translate
from tercet_server.ledger.migrations import migrate

LOG = logging.getLogger(__name__)

BUSY_TIMEOUT_MS = 10_000
PRAGMAS = (
    "journal_mode=WAL",  # readers never wait for the writer
    # FULL: a claim's pre-images must outlive a power cut that comes after the user's file was written.
    # With group commit it still takes thousands of appends a second, far above what runs produce.
    "synchronous=FULL",
    f"busy_timeout={BUSY_TIMEOUT_MS}",
    "foreign_keys=ON",
)


def open_database(path: Path, now: datetime) -> tuple[sa.Engine, list[str]]:
    """A migrated database at `path` and sentences about what had to be done for it. Blocks.

    Raises NotWritable, DiskFull, VersionMismatch.
    """
    _create_private(path)
    try:
        return _open_migrated(path), []
    except exc.DBAPIError as error:
        if not is_corruption(error):
            raise translate(error, path) from error
    aside = _set_aside(path, now)
    sentence = (
        f"The ledger {path} was damaged and could not be read. It was kept as {aside.name} in the same folder, and an empty"
        " one was started: earlier runs and proposals are no longer listed, and applied changes can no longer be undone."
    )
    LOG.error(sentence)
    _create_private(path)
    return _open_migrated(path), [sentence]


def _open_migrated(path: Path) -> sa.Engine:
    engine = _engine(path)
    try:
        migrate(engine, path)
    except BaseException:
        engine.dispose()
        raise
    return engine


def _create_private(path: Path) -> None:
    """The file holds pieces of the user's source code: nobody else may read it."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))
    except OSError as error:
        raise NotWritable(
            f"The ledger {path} cannot be written ({error.strerror}). Make its folder writable, or set TERCET_HOME."
        ) from error


def _set_aside(path: Path, now: datetime) -> Path:
    aside = path.with_name(f"{path.name}.damaged-{now:%Y%m%dT%H%M%S%f}")
    for suffix in ("", "-wal", "-shm"):
        part = path.with_name(path.name + suffix)
        if part.exists():
            part.rename(aside.with_name(aside.name + suffix))
    return aside


def _engine(path: Path) -> sa.Engine:
    engine = sa.create_engine(f"sqlite:///{path}", connect_args={"check_same_thread": False})

    @event.listens_for(engine, "connect")
    def _configure(connection: Any, _record: object) -> None:
        connection.isolation_level = None  # SQLAlchemy's transactions are begun below, not guessed by the driver
        for pragma in PRAGMAS:
            connection.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def _begin(connection: sa.Connection) -> None:
        options = connection.get_execution_options()
        connection.exec_driver_sql("BEGIN" if options.get("reader") else "BEGIN IMMEDIATE")

    return engine

"""Translates what the database raises into Tercet's errors, each with a sentence. Decides nothing else."""

import sqlite3
from pathlib import Path

from sqlalchemy import exc
from tercet_shared.errors import DiskFull, InternalError, NotWritable, TercetError

_UNREADABLE = ("file is not a database", "malformed", "file is encrypted")


def is_corruption(error: exc.DBAPIError) -> bool:
    """The file's content is no (sound) database, as opposed to something that passes."""
    return any(sign in str(error.orig) for sign in _UNREADABLE)


def ends_transaction(error: BaseException) -> bool:
    """SQLite itself has rolled the whole transaction back (its documentation, "Response To Errors Within A Transaction")."""
    return isinstance(error, exc.DBAPIError) and _primary_code(error) in (
        sqlite3.SQLITE_FULL,
        sqlite3.SQLITE_IOERR,
        sqlite3.SQLITE_NOMEM,
        sqlite3.SQLITE_BUSY,
        sqlite3.SQLITE_INTERRUPT,
    )


def translate(error: BaseException, path: Path) -> BaseException:
    """The error for a person, where this is the database's; any other error as it is."""
    if not isinstance(error, exc.DBAPIError):
        return error
    return _translate_database_error(error, path)


def _translate_database_error(error: exc.DBAPIError, path: Path) -> TercetError:
    primary = _primary_code(error)
    if primary == sqlite3.SQLITE_FULL:
        return DiskFull(
            f"There is no room left for the ledger {path}. Free some space and try again; nothing was lost."
        )
    if primary in (sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_PERM, sqlite3.SQLITE_IOERR):
        return NotWritable(
            f"The ledger {path} cannot be written ({error.orig}). Check the folder's permissions and disk."
        )
    return InternalError(f"The ledger {path} failed ({error.orig}). Restart the daemon; see `tercet daemon logs`.")


def _primary_code(error: exc.DBAPIError) -> int | None:
    code = getattr(error.orig, "sqlite_errorcode", None)
    return None if code is None else code & 0xFF

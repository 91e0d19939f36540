"""Opening a ledger: new, older, newer, damaged, unwritable; and a disk that fills up while it is open."""

import asyncio
import sqlite3
import stat
from pathlib import Path

import pytest
import sqlalchemy as sa
from tercet_server.ledger import SqlLedger
from tercet_server.ledger.faults import translate
from tercet_server.ledger.migrations import CURRENT_VERSION
from tercet_shared.edits import FileTexts
from tercet_shared.errors import DiskFull, InternalError, NotWritable, VersionMismatch
from tercet_shared.events import EventType
from tercet_shared.runs import RunState

from tests.server.ledger.conftest import SteppingClock, new_run

VERSION_1 = Path(__file__).with_name("ledger_v1.sql")


def schema_of(path: Path) -> set[tuple[str, ...]]:
    """Every column and index of the file, whatever their order."""
    connection = sqlite3.connect(path)
    tables = [name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
    columns = {
        (table, name, type, str(required), str(key))
        for table in tables
        for _, name, type, required, _, key in connection.execute(f"PRAGMA table_info({table})")
    }
    others = connection.execute(
        "SELECT type, name FROM sqlite_master WHERE type <> 'table' AND sql IS NOT NULL"
    ).fetchall()
    connection.close()
    return columns | set(others)


async def opened(path: Path) -> SqlLedger:
    return await SqlLedger.open(path, SteppingClock())


@pytest.fixture
def old(tmp_path) -> Path:
    path = tmp_path / "old.sqlite"
    connection = sqlite3.connect(path)
    connection.executescript(VERSION_1.read_text())
    connection.close()
    return path


async def test_an_older_ledger_is_migrated_with_all_it_holds(old, path):
    ledger = await opened(old)
    run = await ledger.run("r0000000000001")
    assert (run.state, run.instructions, run.heartbeat_at) == (RunState.APPLIED, "from before", None)
    assert [event.seq for event in await ledger.events(0)] == [7]
    assert await ledger.checkpoint("p0000000000001") == [FileTexts("a.py", "a\n", "b\n")], "it can still be undone"
    assert await ledger.open_claims() == []
    assert (await new_run(ledger)).heartbeat_at is None
    await ledger.close()

    fresh = await opened(path)
    await fresh.close()
    assert schema_of(old) == schema_of(path), "a migrated ledger is like a new one"
    reopened = await opened(old)
    assert len(await reopened.runs()) == 2
    await reopened.close()


async def test_a_newer_ledger_is_refused_untouched(path):
    await (await opened(path)).close()
    connection = sqlite3.connect(path)
    connection.execute("UPDATE schema_version SET version = ?", [CURRENT_VERSION + 1])
    connection.commit()
    connection.close()
    before = path.read_bytes()
    with pytest.raises(VersionMismatch, match="Update Tercet"):
        await opened(path)
    assert path.read_bytes() == before


@pytest.mark.parametrize("content", [b"not a database, by no means" * 100, None])
async def test_a_damaged_ledger_is_set_aside_and_a_new_one_begun(path, content):
    ledger = await opened(path)
    await new_run(ledger)
    await ledger.close()
    damaged = content or path.read_bytes()[:100] + b"\xff" * 4000 + path.read_bytes()[4100:]
    path.write_bytes(damaged)
    ledger = await opened(path)
    [sentence] = ledger.problems
    assert "was damaged" in sentence
    assert await ledger.runs() == []
    await new_run(ledger)
    await ledger.close()
    [aside] = [each for each in path.parent.iterdir() if ".damaged-" in each.name and each.stat().st_size]
    assert aside.read_bytes() == damaged
    assert aside.name in sentence


async def test_nobody_else_may_read_the_ledger(path):
    await (await opened(path)).close()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


async def test_a_folder_that_cannot_be_made_is_a_sentence(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(NotWritable, match="TERCET_HOME"):
        await opened(tmp_path / "file" / "ledger.sqlite")


async def test_a_full_disk_fails_the_write_and_writes_nothing_of_it(path):
    ledger = await opened(path)
    run = await new_run(ledger)
    sa.event.listen(ledger._engine, "begin", _no_room)
    big = {"message": "x" * 300_000}
    outcomes = await asyncio.gather(
        *(ledger.append(run.id, EventType.RUN_PROGRESS, big, f"{number}") for number in range(8)),
        return_exceptions=True,
    )
    full = [each for each in outcomes if isinstance(each, DiskFull)]
    assert full, outcomes
    assert "Free some space" in full[0].sentence
    written = [each for each in outcomes if not isinstance(each, BaseException)]
    events = await ledger.events(0)
    assert len(events) == 1 + len(written)
    assert [event.n for event in events] == list(range(1, len(events) + 1))
    sa.event.remove(ledger._engine, "begin", _no_room)
    sa.event.listen(ledger._engine, "begin", _much_room)
    assert await ledger.append(run.id, EventType.RUN_PROGRESS, {"message": "room again"}, "later") is not None
    await ledger.close()


def _no_room(connection: sa.Connection) -> None:
    connection.exec_driver_sql("PRAGMA max_page_count = 150")


def _much_room(connection: sa.Connection) -> None:
    connection.exec_driver_sql("PRAGMA max_page_count = 1000000")


def test_faults_of_the_database_become_sentences(tmp_path):
    def fault(code: int) -> sa.exc.OperationalError:
        error = sqlite3.OperationalError("it went wrong")
        error.sqlite_errorcode = code
        return sa.exc.OperationalError("SELECT 1", {}, error)

    assert isinstance(translate(fault(sqlite3.SQLITE_READONLY), tmp_path), NotWritable)
    assert isinstance(translate(fault(sqlite3.SQLITE_FULL), tmp_path), DiskFull)
    assert isinstance(translate(fault(sqlite3.SQLITE_LOCKED), tmp_path), InternalError)
    other = ValueError()
    assert translate(other, tmp_path) is other


async def test_a_read_that_fails_is_a_sentence(path):
    ledger = await opened(path)
    connection = sqlite3.connect(path)
    connection.executescript("DROP TABLE claim_texts; DROP TABLE claims;")
    connection.close()
    with pytest.raises(InternalError, match="daemon logs"):
        await ledger.open_claims()
    await ledger.close()


async def test_a_ledger_that_cannot_be_written_is_a_sentence(path, monkeypatch):
    def unwritable(_: Path) -> sa.Engine:
        error = sqlite3.OperationalError("attempt to write a readonly database")
        error.sqlite_errorcode = sqlite3.SQLITE_READONLY
        raise sa.exc.OperationalError("CREATE TABLE", {}, error)

    monkeypatch.setattr("tercet_server.ledger.database._open_migrated", unwritable)
    with pytest.raises(NotWritable, match="permissions"):
        await opened(path)

"""Keeps an index from growing without end: drops contents that no file has had for long, and joins small segments of postings."""

from collections.abc import Iterator

import numpy as np
import sqlite_utils

from tercet_server.context.digesting.inversion import POSTING
from tercet_server.context.index.store import Store
from tercet_server.context.index.writing import write_segment

_SPARE_BYTES = 20_000_000
"""Contents that no file has now are kept up to this much, or as much as all files have: what a change of branch brings back."""

_MOST_SEGMENTS = 40
"""A query reads a row a term from each."""

_MOST_WASTE = 0.3
"""Of the postings, those of dropped contents, before all are written anew."""


def tidy(store: Store) -> None:
    """Quick where there is nothing to do. Raises Damaged, DiskFull, NotWritable."""
    _drop_contents(store)
    with store.read() as database:
        sizes = dict(database.conn.execute("SELECT id, size_bytes FROM segments").fetchall())
        waste = _wasted(database)
    total = sum(sizes.values())
    if waste > _MOST_WASTE and total > _SPARE_BYTES // 10:
        _join_all(store)
    elif len(sizes) > _MOST_SEGMENTS:
        largest = max(sizes.values())
        small = [number for number, size in sizes.items() if size <= largest / 4]
        if len(small) > len(sizes) / 2:
            _join(store, small)
        else:
            _join_all(store)


def _drop_contents(store: Store) -> None:
    """The oldest first: numbers grow with time."""
    with store.read() as database:
        live = database.conn.execute(
            "SELECT coalesce(sum(size_bytes), 0) FROM contents WHERE id IN (SELECT content FROM files)"
        ).fetchone()[0]
        spare = database.conn.execute(
            "SELECT id, size_bytes FROM contents WHERE id NOT IN (SELECT content FROM files) ORDER BY id DESC"
        ).fetchall()
    allowed = max(live, _SPARE_BYTES)
    dropped = []
    for number, size_bytes in spare:
        allowed -= size_bytes
        if allowed < 0:
            dropped.append((number,))
    if not dropped:
        return
    with store.write() as database:
        unused = "NOT EXISTS (SELECT 1 FROM files WHERE content = ?1)"
        for table, column in (("definitions", "content"), ("uses", "content"), ("contents", "id")):
            gone = database.conn.executemany(f"DELETE FROM {table} WHERE {column} = ?1 AND {unused}", dropped).rowcount  # noqa: S608 - ours
        database.execute(
            "INSERT INTO meta VALUES ('dropped', ?) ON CONFLICT (key) DO UPDATE SET value = value + excluded.value",
            (gone,),
        )


def _wasted(database: sqlite_utils.Database) -> float:
    """The share of contents that were dropped since all postings were last written."""
    row = database.conn.execute("SELECT value FROM meta WHERE key = 'dropped'").fetchone()
    dropped = int(row[0]) if row else 0
    there = database.conn.execute("SELECT count(*) FROM contents").fetchone()[0]
    return float(dropped / (dropped + there)) if dropped else 0.0


def _join(store: Store, segments: list[int]) -> None:
    with store.write() as database:
        marks = ",".join("?" * len(segments))
        rows = database.conn.execute(
            f"SELECT term, data FROM postings WHERE segment IN ({marks}) ORDER BY term",  # noqa: S608 - question marks
            segments,
        ).fetchall()
        database.conn.execute(f"DELETE FROM postings WHERE segment IN ({marks})", segments)  # noqa: S608 - question marks
        database.conn.execute(f"DELETE FROM segments WHERE id IN ({marks})", segments)  # noqa: S608 - question marks
        write_segment(database, _by_term(iter(rows), _live(database)))


def _join_all(store: Store) -> None:
    """In a second table, for one cannot be read in order while it is written to."""
    with store.write() as database:
        live = _live(database)
        database.execute("ALTER TABLE postings RENAME TO postings_before")
        database.execute(
            "CREATE TABLE postings (term TEXT, segment INTEGER, data BLOB, PRIMARY KEY (term, segment)) WITHOUT ROWID"
        )
        database.execute("DELETE FROM segments")
        rows = database.conn.execute("SELECT term, data FROM postings_before ORDER BY term")
        write_segment(database, _by_term(rows, live))
        database.execute("DROP TABLE postings_before")
        database.execute("DELETE FROM meta WHERE key = 'dropped'")


def _live(database: sqlite_utils.Database) -> "np.ndarray[tuple[int], np.dtype[np.bool_]]":
    numbers = np.array([number for (number,) in database.conn.execute("SELECT id FROM contents")], np.int64)
    live = np.zeros(int(numbers.max(initial=0)) + 1, np.bool_)
    live[numbers] = True
    return live


def _by_term(
    rows: Iterator[tuple[str, bytes]], live: "np.ndarray[tuple[int], np.dtype[np.bool_]]"
) -> Iterator[tuple[str, bytes]]:
    """The rows of one term as one, without the postings of dropped contents."""
    term, parts = "", list[bytes]()
    for next_term, data in rows:
        if next_term != term and parts:
            yield from _of_live(term, parts, live)
            parts = []
        term = next_term
        parts.append(data)
    if parts:
        yield from _of_live(term, parts, live)


def _of_live(
    term: str, parts: list[bytes], live: "np.ndarray[tuple[int], np.dtype[np.bool_]]"
) -> Iterator[tuple[str, bytes]]:
    postings = np.frombuffer(b"".join(parts), POSTING)
    numbers = postings["content"]
    kept = postings[(numbers < len(live)) & live[np.minimum(numbers, len(live) - 1)]]
    if len(kept):
        yield term, kept.tobytes()

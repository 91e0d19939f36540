"""Which file refers to which: references joined with definitions by name. A guess, as names are; how sure, `definers` says."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from tercet_server.context.index.corpus import ContentFiles, Numbers
from tercet_server.context.index.store import Store

MOST_DEFINERS = 20
"""A name that more files define tells nothing of where it leads."""


@dataclass(frozen=True)
class Edges:
    """One a source, target and name; a file's references to itself are left out. `count` references of `name` (a key);
    `definers` files define it."""

    source: Numbers
    target: Numbers
    count: Numbers
    name: npt.NDArray[np.int64]
    definers: Numbers


def edges(store: Store, content_files: ContentFiles) -> Edges:
    """About 0.2 s for a million lines."""
    with store.read() as database:
        defined = database.conn.execute("SELECT id, defined FROM contents WHERE length(defined) > 0").fetchall()
        used = database.conn.execute("SELECT content, names, counts FROM uses").fetchall()
    keys, definers = _by_file(content_files, [(number, data) for number, data in defined])
    defined_pairs = (
        np.unique(np.stack((keys, definers.astype(np.int64))), axis=1) if len(keys) else np.empty((2, 0), np.int64)
    )
    names, starts, counts = np.unique(defined_pairs[0], return_index=True, return_counts=True)
    few = counts <= MOST_DEFINERS
    names, starts, counts = names[few], starts[few], counts[few]
    use_keys, use_files, use_counts = _uses(content_files, used)
    at = np.searchsorted(names, use_keys)
    known = at < len(names)
    known[known] = names[at[known]] == use_keys[known]
    at, use_files, use_counts = at[known], use_files[known], use_counts[known]
    repeats = counts[at]
    rows = np.repeat(np.arange(len(at)), repeats)
    within = np.arange(len(rows)) - np.repeat(np.cumsum(repeats) - repeats, repeats)
    targets = defined_pairs[1][starts[at][rows] + within].astype(np.int32)
    sources = use_files[rows]
    kept = sources != targets
    return Edges(
        source=sources[kept],
        target=targets[kept],
        count=use_counts[rows][kept],
        name=names[at][rows][kept],
        definers=counts[at][rows][kept].astype(np.int32),
    )


def _by_file(content_files: ContentFiles, rows: list[tuple[int, bytes]]) -> tuple[npt.NDArray[np.int64], Numbers]:
    """Keys of names, and the file of each."""
    keys = np.frombuffer(b"".join(data for _, data in rows), np.int64)
    contents = np.repeat(
        np.array([number for number, _ in rows], np.int32), [len(data) // keys.itemsize for _, data in rows]
    )
    places, files = content_files.expanded(contents)
    return keys[places], files


def _uses(
    content_files: ContentFiles, rows: list[tuple[int, bytes, bytes]]
) -> tuple[npt.NDArray[np.int64], Numbers, Numbers]:
    """Keys of names, the file that uses each, and how often."""
    keys = np.frombuffer(b"".join(names for _, names, _ in rows), np.int64)
    counts = np.frombuffer(b"".join(data for _, _, data in rows), np.int32)
    contents = np.repeat(
        np.array([number for number, _, _ in rows], np.int32), [len(names) // 8 for _, names, _ in rows]
    )
    places, files = content_files.expanded(contents)
    return keys[places], files, counts[places]

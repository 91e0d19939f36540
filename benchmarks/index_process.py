"""One step of the index benchmark in a process of its own: `build`, `update` or `reopen`, with the root and the cache's folder."""

import json
import os
import random
import statistics
import sys
import time
from pathlib import Path

from tercet_server.context.index import WorkspaceIndex
from tercet_server.context.words import words

UPDATES = 60


def main() -> None:
    step, root, folder = sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3])
    print(json.dumps({"build": _build, "update": _update, "reopen": _reopen}[step](root, folder)))


def _build(root: Path, folder: Path) -> dict[str, float]:
    started = time.monotonic()
    index = WorkspaceIndex.open(folder, root, trusted=False)
    index.build()
    seconds = time.monotonic() - started
    times = os.times()
    status = index.status()
    index.close()
    return {
        "seconds": seconds,
        "cpu_seconds": times.user + times.system + times.children_user + times.children_system,
        "lines": status.lines,
        "files": status.files,
        "documents": status.documents,
        "size_bytes": status.size_bytes,
    }


def _update(root: Path, folder: Path) -> dict[str, float]:
    """Of files of the tree, chosen by chance, each with a function more than it has on disk."""
    index = WorkspaceIndex.open(folder, root, trusted=False)
    python = [file for file in index.snapshot().files if file.language == "python" and file.lines > 20]
    taken = []
    for number, file in enumerate(random.Random(1).sample(python, min(UPDATES, len(python)))):
        text = (root / file.path).read_text("utf-8", "replace") + f"\n\ndef added_{number}():\n    return {number}\n"
        started = time.monotonic()
        index.update([file.path], {file.path: text})
        taken.append((time.monotonic() - started) * 1000)
    index.close()
    cuts = statistics.quantiles(taken, n=20)
    return {"update_ms_median": statistics.median(taken), "update_ms_p95": cuts[-1]}


def _reopen(root: Path, folder: Path) -> dict[str, float]:
    """To the first answer; then to having looked at every file for changes."""
    started = time.monotonic()
    index = WorkspaceIndex.open(folder, root, trusted=False)
    assert index.snapshot().postings(words("open the file again"))
    reopened = time.monotonic()
    index.build()
    ended = time.monotonic()
    index.close()
    return {"reopen_ms": (reopened - started) * 1000, "rescan_ms": (ended - reopened) * 1000}


if __name__ == "__main__":
    main()

"""What the commits of a repository say and touch, newest first. What is known of a commit never changes, so it is kept by its hash.

Only for folders that the user trusts: git runs on the host.
"""

import json
import re
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from tercet_shared.errors import DeadlineExceeded, Unsupported

from tercet_server.context.index.store import Store
from tercet_server.context.words import words
from tercet_server.files.git import git

MAX_COMMITS = 5_000
"""Without merges, the newest: what older ones say of today's files is little."""

MAX_PATHS = 1_000
"""Of one commit; one that touches more was a sweep and says nothing of any file."""

DEADLINE_S = 10.0
"""For all of git's work on one reading; what was not read then is read the next time."""

_BODY_TERMS = 400
_AT_ONCE = 500
_LOG = [
    "log", "--no-walk=unsorted", "--stdin", "-z", "--relative", "-M", "--name-status", "--no-ext-diff",
    "--ignore-submodules=none", "--format=%x01%H%x02%ct%x02%s%x02%b%x02",
]  # fmt: skip
_TRAILER = re.compile(
    r"^[A-Z][\w-]*(?:-[Bb]y|-[Ii]d|-[Tt]o): .*$|^(?:Fixes|Closes|Refs|Cc): \S+$|^\(cherry picked from .*$", re.MULTILINE
)


@dataclass(frozen=True, slots=True)
class Commit:
    """`time` in unix seconds; `paths` as these files are called now; `subject` and `body` as `context.words` spells them."""

    sha: str
    time: int
    subject: tuple[str, ...]
    body: tuple[str, ...]
    paths: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class History:
    """Newest first, at most `MAX_COMMITS`. `complete` unless some could not be read in time: the next reading goes on there."""

    head: str
    commits: tuple[Commit, ...]
    complete: bool


EMPTY = History("", (), True)

Change = tuple[str, str]
"""The path after a commit, and the path before it where that was another ("" else)."""


@dataclass(frozen=True, slots=True)
class _Known:
    time: int
    subject: str
    body: str
    changes: Sequence[Change]


_UNREADABLE = _Known(0, "", "", [])
"""Somebody put our marks into its message."""


def read_history(store: Store, root: Path, head: str) -> History:
    """The ancestors of `head` (a full hash), it included. Raises what git and the store raise."""
    said = git(root, ["rev-list", "--no-merges", f"--max-count={MAX_COMMITS}", head], DEADLINE_S).decode("ascii")
    hashes = said.split()
    known = _known(store, hashes)
    missing = [each for each in hashes if each not in known]
    if missing:
        read = _read(root, missing)
        _keep(store, read)
        known.update(read)
    commits = tuple(_renamed(hashes, known))
    return History(head, commits, complete=all(sha in known for sha in hashes))


def resolved(root: Path, commit: str) -> str:
    """The full hash of what names a commit. Raises Unsupported if it names none."""
    return (
        git(root, ["rev-parse", "--verify", "--quiet", "--end-of-options", f"{commit}^{{commit}}"], DEADLINE_S)
        .decode()
        .strip()
    )


def _known(store: Store, hashes: Sequence[str]) -> dict[str, _Known]:
    known: dict[str, _Known] = {}
    with store.read() as database:
        for start in range(0, len(hashes), _AT_ONCE):
            some = hashes[start : start + _AT_ONCE]
            marks = ",".join("?" * len(some))
            for sha, time, subject, body, changes in database.conn.execute(
                f"SELECT sha, time, subject, body, changes FROM commits WHERE sha IN ({marks})",  # noqa: S608 - question marks
                some,
            ):
                known[sha] = _Known(time, subject, body, [(after, before) for after, before in json.loads(changes)])
    return known


def _read(root: Path, hashes: Sequence[str]) -> dict[str, _Known]:
    """As many as there is time for, the newest first."""
    found: dict[str, _Known] = {}
    until = time.monotonic() + DEADLINE_S
    for start in range(0, len(hashes), _AT_ONCE):
        some = hashes[start : start + _AT_ONCE]
        try:
            said = _log(root, "\n".join(some).encode(), until)
        except DeadlineExceeded:
            break
        parsed = dict(_parsed(said.decode("utf-8", "replace")))
        found.update({sha: parsed.get(sha, _UNREADABLE) for sha in some})
    return found


def _log(root: Path, hashes: bytes, until: float) -> bytes:
    """Without renames where git would have to fetch the contents that it compares for them (a partial clone)."""
    try:
        return git(root, _LOG, max(0.1, until - time.monotonic()), given=hashes)
    except Unsupported:
        return git(root, [*_LOG, "--no-renames"], max(0.1, until - time.monotonic()), given=hashes)


def _parsed(said: str) -> Iterator[tuple[str, _Known]]:
    """What is no record says nothing."""
    for record in said.split("\x01")[1:]:
        fields = record.split("\x02")
        if len(fields) != 5 or not fields[1].isdigit():
            continue
        sha, when, subject, body, changes = fields
        body = _TRAILER.sub("", body)
        changed = list(_changes(changes.lstrip("\0\n").split("\0")))
        kept = changed if len(changed) <= MAX_PATHS else []
        yield sha, _Known(int(when), " ".join(words(subject)), " ".join(words(body)[:_BODY_TERMS]), kept)


def _changes(tokens: Sequence[str]) -> Iterator[Change]:
    """From a status, a path, and for a rename or copy the path after it."""
    each = iter(tokens)
    for status in each:
        if status[:1] in ("R", "C"):
            before, after = next(each, ""), next(each, "")
            yield after, before if status[0] == "R" else ""
        elif status and (path := next(each, "")):
            yield path, ""


def _keep(store: Store, read: dict[str, _Known]) -> None:
    with store.write() as database:
        database.conn.executemany(
            "INSERT OR REPLACE INTO commits VALUES (?, ?, ?, ?, ?)",
            [(sha, each.time, each.subject, each.body, json.dumps(each.changes)) for sha, each in read.items()],
        )


def _renamed(hashes: Iterable[str], known: dict[str, _Known]) -> Iterator[Commit]:
    """Each file by the name that it has at the newest commit."""
    now: dict[str, str] = {}
    for sha in hashes:
        commit = known.get(sha)
        if commit is None or not commit.time:
            continue
        paths = []
        for after, before in commit.changes:
            path = now.get(after, after)
            paths.append(path)
            if before:
                now[before] = path
        yield Commit(sha, commit.time, tuple(commit.subject.split()), tuple(commit.body.split()), tuple(paths))

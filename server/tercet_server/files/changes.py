"""What changed in a folder since a revision of git: paths, and the texts of then. Reads only; for folders that are trusted."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tercet_shared.errors import InvalidRequest, Unsupported

from tercet_server.files.git import git

DEADLINE_S = 30.0
MOST_FILES = 1000
MOST_BYTES = 2_000_000


@dataclass(frozen=True)
class Changed:
    """`before` is None for a file that was not there; `revision` is the full name of the commit."""

    revision: str
    before: dict[str, str | None]


def changed_since(folder: Path, base: str) -> Changed:
    """Files below `folder` that differ from `base`, in the working tree, staged or not, and new ones that are not ignored.

    Raises InvalidRequest for a revision that is none, Unsupported where there is no repository, DeadlineExceeded.
    """
    revision = _revision(folder, base)
    compared = (
        "diff",
        "--name-only",
        "-z",
        "--no-renames",
        "--no-ext-diff",
        "--no-textconv",
        "--relative",
        revision,
        "--",
    )
    paths = [*_paths(git(folder, compared, DEADLINE_S))]
    paths += _paths(git(folder, ("ls-files", "--others", "--exclude-standard", "-z"), DEADLINE_S))
    return Changed(revision, {path: _text(folder, revision, path) for path in list(dict.fromkeys(paths))[:MOST_FILES]})


def _revision(folder: Path, base: str) -> str:
    try:
        said = git(folder, ("rev-parse", "--verify", "--quiet", "--end-of-options", f"{base}^{{commit}}"), DEADLINE_S)
    except Unsupported:
        git(folder, ("rev-parse", "--git-dir"), DEADLINE_S)
        raise InvalidRequest(f"{base[:200]!r} names no commit here. Name a branch, a tag or a commit.") from None
    return said.decode("ascii", "replace").strip()


def _paths(said: bytes) -> Sequence[str]:
    return [each.decode("utf-8", "replace") for each in said.split(b"\0") if each]


def _text(folder: Path, revision: str, path: str) -> str | None:
    """None for what was not there; "" for what is no text or too large, of which nothing can be said."""
    name = f"{revision}:./{path}"
    known = git(folder, ("cat-file", "-s", name), DEADLINE_S, accepted=(0, 128))
    if not known.strip():
        return None
    if int(known) > MOST_BYTES:
        return ""
    data = git(folder, ("cat-file", "blob", name), DEADLINE_S, accepted=(0, 128))
    return "" if b"\0" in data else data.decode("utf-8", "replace").replace("\r\n", "\n")

"""Tells which files of the original differ from the base of a copy by now: proof of the base is void for them."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from tercet_server.files.folders import folder_of
from tercet_server.workspace.base import BaseFile, BaseFolder, BaseLink, sha256_of
from tercet_server.workspace.copying import with_texts
from tercet_server.workspace.scan import SeenFile, SeenLink, flattened, scan
from tercet_server.workspace.texts import overlay_contents


@dataclass(frozen=True)
class BaseSnapshot:
    """Implements `ports.Snapshot` by the base of a copy, whose contents may be gone."""

    original: Path
    base: BaseFolder
    base_sha256: str
    places: Path

    @property
    def size(self) -> int:
        return sum(1 for _ in self.base.flattened())

    def moved(self, overlays: Mapping[str, str]) -> list[str]:
        return moved_paths(self.original, self.base, overlay_contents(self.original, overlays, []), self.places)


def moved_paths(original: Path, base: BaseFolder, texts: Mapping[str, bytes], places: Path) -> list[str]:
    """Changed, added and removed paths, sorted. `texts` are the contents that unsaved texts stand for now, by path.

    `places` is where copies lie. A save of exactly the unsaved text that the base holds moves nothing.
    Raises WorkspaceGone, TooLarge.
    """
    seen = scan(original, places)
    placed = with_texts(seen, texts)
    was, now = dict(base.flattened()), dict(flattened(seen.root))
    return sorted(
        path
        for path in was.keys() | now.keys()
        if _moved(original, path, was.get(path), now.get(path), placed.get(path))
    )


def _moved(
    original: Path,
    path: str,
    was: BaseFile | BaseLink | None,
    now: SeenFile | SeenLink | None,
    text: bytes | None,
) -> bool:
    if isinstance(was, BaseLink) or isinstance(now, SeenLink):
        return not (isinstance(was, BaseLink) and isinstance(now, SeenLink) and was.target == now.target)
    if now is None:
        return True
    if text is not None:
        return was is None or hashlib.sha256(text).hexdigest() != was.sha256
    if was is not None and now.stamp is not None and now.stamp == was.source:
        return False
    if was is not None and was.mode != now.mode:
        return True
    return _sha256(original, path) != (None if was is None else was.sha256)


def _sha256(original: Path, path: str) -> str | None:
    """None for a file that cannot be read: it was left out of the copy, and still would be."""
    try:
        with folder_of(original, path) as (folder, name), folder.read(name) as file:
            return sha256_of(file)
    except OSError:
        return None

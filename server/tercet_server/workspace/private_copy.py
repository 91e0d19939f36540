"""One private copy of a workspace: made, read, changed, reset, compared with the original, removed.

Implements `ports.PrivateCopy`. Runs nothing; how files are copied and restored is in the modules that it uses.
"""

import asyncio
import os
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from dataclasses import replace
from pathlib import Path
from threading import Event, Lock
from typing import TypeVar

from tercet_shared.edits import ChangeSet, FileTexts
from tercet_shared.errors import EditRefused, NotFound, TercetError

from tercet_server.edits import DecodedText, apply_file_edit
from tercet_server.files.folders import Folder
from tercet_server.files.selection import is_left_out
from tercet_server.workspace.base import BaseFile, BaseFolder, BaseLink, Contents
from tercet_server.workspace.copying import Copying, with_texts
from tercet_server.workspace.failures import writing
from tercet_server.workspace.leftovers import TRASH, Place, give_back, take_place
from tercet_server.workspace.moves import BaseSnapshot
from tercet_server.workspace.restoring import Restoring
from tercet_server.workspace.scan import Skipped, scan
from tercet_server.workspace.texts import MAX_TEXT_BYTES, decoded, overlay_contents, stored_like, too_large
from tercet_server.workspace.threads import to_its_end
from tercet_server.workspace.trash import Trash

Result = TypeVar("Result")

OverlaysNow = Callable[[], Mapping[str, str]]
"""The unsaved texts that win at this moment, by path."""

_TREE, _CONTENTS = "tree", "contents"


async def take_copy(original: Path, places: Path, overlays_now: OverlaysNow) -> "FolderCopy":
    """A new copy below `places`; cancelled, it leaves nothing there.

    Raises WorkspaceGone, TooLarge, DiskFull, NotWritable (the place for copies).
    """
    overlays, stop = dict(overlays_now()), Event()
    taken: list[FolderCopy] = []
    try:
        await to_its_end(lambda: taken.append(_taken(original, places, overlays, overlays_now, stop)), stop)
    except asyncio.CancelledError:
        for copy in taken:  # it was ready just before it saw that it should stop
            await copy.remove()
        raise
    return taken[0]


def _taken(
    original: Path, places: Path, overlays: Mapping[str, str], overlays_now: OverlaysNow, stop: Event
) -> "FolderCopy":
    with writing(str(places)):
        place = take_place(places)
        try:
            return FolderCopy(original, place, overlays, overlays_now, stop)
        except BaseException:
            give_back(place)
            raise


class FolderCopy:
    """A copy in a folder of its own. Its methods may overlap; they wait for one another."""

    def __init__(
        self, original: Path, place: Place, overlays: Mapping[str, str], overlays_now: OverlaysNow, stop: Event
    ) -> None:
        """Blocks while it copies; see `take_copy`."""
        self.original = original
        self.root = place.path / _TREE
        self._place = place
        self._overlays_now = overlays_now
        self._contents = Contents(place.path / _CONTENTS)
        self._lock = Lock()
        self._applied: dict[str, DecodedText] = {}
        skipped: list[Skipped] = []
        try:
            self._base = self._copied(overlays, skipped, stop)
        except BaseException:
            self._contents.close()
            raise
        self.skipped = tuple(sorted(skipped))
        """What could not be copied, with the reasons. What is left out by rule (`selection`) is not listed."""
        self.base_sha256 = self._base.sha256()

    def _copied(self, overlays: Mapping[str, str], skipped: list[Skipped], stop: Event) -> BaseFolder:
        seen = scan(self.original, self._place.path.parent)
        skipped += seen.skipped
        texts = with_texts(seen, overlay_contents(self.original, overlays, skipped))
        self.root.mkdir(mode=0o700)
        with Folder.open(self.original) as source, Folder.open(self.root) as target:
            target.set_own(0o700, owner := _owner(source))
            return Copying(self._contents, texts, skipped, stop, owner).folder(source, target, seen.root)

    # -- the port -------------------------------------------------------------------------------------------------

    async def read_text(self, path: str) -> str:
        return (await self._in_thread(lambda: self._base_text(path))).text

    async def files(self, suffix: str = "") -> list[str]:
        return await self._in_thread(lambda: self._files(suffix))

    async def apply(self, change_set: ChangeSet) -> list[FileTexts]:
        """As the port says. A failure to write puts the whole copy back to its base."""
        return await self._in_thread(lambda: self._apply(change_set))

    async def reset(self) -> None:
        await self._in_thread(self._reset)

    async def moved_paths(self) -> list[str]:
        overlays = dict(self._overlays_now())
        return await self._in_thread(lambda: self.snapshot().moved(overlays))

    def snapshot(self) -> BaseSnapshot:
        return BaseSnapshot(self.original, self._base, self.base_sha256, self._place.path.parent)

    @asynccontextmanager
    async def twin(self) -> "AsyncIterator[FolderCopy]":
        """As the port says. Raises DiskFull, NotWritable."""
        made: list[FolderCopy] = []
        try:
            await self._in_thread(lambda: made.append(_Twin(self, self._place.path.parent)))
            yield made[0]
        finally:
            for twin in made:
                await twin.remove()

    async def remove(self) -> None:
        """Removes the copy, to the end even if cancelled."""
        await self._in_thread(self._remove)

    async def _in_thread(self, work: Callable[[], Result]) -> Result:
        def alone() -> Result:
            with self._lock:
                return work()

        return await to_its_end(alone)

    # -- in threads -----------------------------------------------------------------------------------------------

    def _files(self, suffix: str) -> list[str]:
        return sorted(
            path
            for path, child in self._base.flattened()
            if isinstance(child, BaseFile) and path.endswith(suffix) and _is_sayable(path)
        )

    def _base_text(self, path: str) -> DecodedText:
        text = self._text_or_none(path)
        if text is None:
            raise NotFound(f"There is no file {path} in the private copy; check the path.", path=path)
        return text

    def _text_or_none(self, path: str) -> DecodedText | None:
        _, file = self._base.find(path)
        if file is None:
            return None
        if file.size > MAX_TEXT_BYTES:
            raise too_large(path)
        return decoded(path, self._contents.get(file.sha256))

    def _apply(self, change_set: ChangeSet) -> list[FileTexts]:
        texts, changes = [], []
        for edit in change_set.files:
            real, file = self._base.find(edit.path)
            if is_left_out(real):
                raise EditRefused(
                    f"{edit.path} never leaves the workspace, so no change of it can be proved; leave it out.",
                    path=edit.path,
                )
            before = self._applied.get(real) or self._text_or_none(real)
            changed = apply_file_edit(edit, None if before is None else before.text)
            content = stored_like(edit.path, before, changed.after)
            texts.append(changed)
            changes.append((real, 0o644 if file is None else file.mode, content))
        self._write(changes)
        self._applied |= {real: decoded(real, content) for real, _, content in changes}
        return texts

    def _write(self, changes: list[tuple[str, int, bytes]]) -> None:
        try:
            with writing(str(self.root)), self._opened() as (tree, restoring):
                for real, mode, content in changes:
                    restoring.replace(tree, real, mode, content)
        except TercetError:
            self._reset()
            raise

    def _reset(self) -> None:
        with writing(str(self.root)), self._opened() as (tree, restoring):
            restoring.folder(tree, self._base)
        self._applied = {}

    @contextmanager
    def _opened(self) -> Iterator[tuple[Folder, Restoring]]:
        with Folder.open(self._place.path) as place:
            place.allow_access(_TREE)
            with place.child(_TREE) as tree, place.child(TRASH) as trash:
                yield tree, Restoring(self._contents, Trash(trash), _owner(tree))

    def _remove(self) -> None:
        self._contents.close()
        with writing(str(self._place.path)):
            give_back(self._place)


class _Twin(FolderCopy):
    """Shares the first copy's kept contents, and therefore its lock."""

    def __init__(self, first: FolderCopy, places: Path) -> None:
        """Blocks while it writes; the caller holds the lock."""
        with writing(str(places)):
            self._place = take_place(places)
        self.original, self.skipped, self.base_sha256 = first.original, first.skipped, first.base_sha256
        self.root = self._place.path / _TREE
        self._overlays_now, self._contents, self._lock = first._overlays_now, first._contents, first._lock
        self._base = _uncopied(first._base)
        try:
            with writing(str(self.root)), Folder.open(first.root) as source:
                self.root.mkdir(mode=0o700)
                with Folder.open(self.root) as target:
                    target.set_own(0o700, _owner(source))
            self._reset()
        except BaseException:
            self._remove()
            raise

    def _remove(self) -> None:
        with writing(str(self._place.path)):
            give_back(self._place)


def _uncopied(folder: BaseFolder) -> BaseFolder:
    """The same base for a copy of which nothing is written yet."""
    children: dict[str, BaseFile | BaseLink | BaseFolder] = {}
    for name, child in folder.children.items():
        if isinstance(child, BaseFolder):
            children[name] = _uncopied(child)
        else:
            children[name] = replace(child, copied=None) if isinstance(child, BaseFile) else child
    return replace(folder, children=children)


def _owner(folder: Folder) -> tuple[int, int] | None:
    """Who owns a folder (user, group), if the daemon may give files away: then its sandbox can run as that user."""
    if not hasattr(os, "geteuid") or os.geteuid() != 0:
        return None
    status = folder.own_stat()
    return None if status.st_uid == 0 else (status.st_uid, status.st_gid)


def _is_sayable(path: str) -> bool:
    """Whether the wire can name the file."""
    first = path.partition("/")[0]
    if "\\" in path or ":" in first:
        return False
    return not any("\ud800" <= character <= "\udfff" for character in path)

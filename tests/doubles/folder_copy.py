"""A private copy that is an ordinary folder, copied with shutil; `moved` is what its test says has moved."""

import asyncio
import hashlib
import shutil
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from tercet_server.edits import apply_edits
from tercet_shared.edits import ChangeSet, FileTexts, text_sha256
from tercet_shared.errors import NotFound, StaleText


class FolderCopy:
    def __init__(self, original: Path, root: Path) -> None:
        self.original = original
        self.root = root
        self.moved: list[str] = []
        if root != original:
            shutil.copytree(original, root, symlinks=True)
        self._base = {path: (root / path).read_bytes() for path in self._paths()}
        self.base_sha256 = hashlib.sha256(repr(sorted(self._base.items())).encode()).hexdigest()

    def _paths(self) -> list[str]:
        return sorted(
            each.relative_to(self.root).as_posix()
            for each in self.root.rglob("*")
            if each.is_file() and "__pycache__" not in each.parts
        )

    async def read_text(self, path: str) -> str:
        if path not in self._base:
            raise NotFound(f"no such file: {path}")
        return self._base[path].decode("utf-8")

    async def files(self, suffix: str = "") -> list[str]:
        return [path for path in sorted(self._base) if path.endswith(suffix)]

    async def apply(self, change_set: ChangeSet) -> list[FileTexts]:
        return await asyncio.to_thread(self._apply, change_set)

    def _apply(self, change_set: ChangeSet) -> list[FileTexts]:
        texts = []
        for edit in change_set.files:
            file = self.root / edit.path
            before = file.read_bytes().decode("utf-8") if file.exists() else None
            if edit.base_sha256 != (None if before is None else text_sha256(before)):
                raise StaleText(f"{edit.path} has changed")
            texts.append(FileTexts(edit.path, before, apply_edits(before or "", edit.edits)))
        for each in texts:
            (self.root / each.path).parent.mkdir(parents=True, exist_ok=True)
            (self.root / each.path).write_bytes(each.after.encode("utf-8"))
        return texts

    async def reset(self) -> None:
        await asyncio.to_thread(self._reset)

    def _reset(self) -> None:
        for path in self._paths():
            if path not in self._base:
                (self.root / path).unlink()
        for path, data in self._base.items():
            if not (self.root / path).exists() or (self.root / path).read_bytes() != data:
                (self.root / path).write_bytes(data)

    @asynccontextmanager
    async def twin(self) -> "AsyncIterator[FolderCopy]":
        folder = await asyncio.to_thread(tempfile.mkdtemp, dir=self.root.parent, prefix="twin-")
        try:
            yield await asyncio.to_thread(FolderCopy, self.original, Path(folder) / "copy")
        finally:
            await asyncio.to_thread(shutil.rmtree, folder, ignore_errors=True)

    async def moved_paths(self) -> list[str]:
        return self.moved

"""`ports.Workspaces` over one plain folder: simple, but it copies, checks and writes real files."""

import asyncio
import shutil
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

from tercet_server.edits import apply_file_edit
from tercet_server.ports import Snapshot
from tercet_shared.edits import ChangeSet, FileTexts, text_sha256
from tercet_shared.errors import NotFound, StaleText, TercetError
from tercet_shared.ids import ClientId, WorkspaceId, workspace_id
from tercet_shared.workspaces import Interpreter, Trust, Workspace


def _read(path: Path) -> str | None:
    return path.read_bytes().decode() if path.is_file() else None


class FolderCopy:
    def __init__(self, root: Path, original: "FolderWorkspaces", base: dict[str, str]) -> None:
        self.root = root
        self.original = original.root
        self._workspaces = original
        self._base = base
        self.base_sha256 = text_sha256(repr(sorted(base.items())))

    async def read_text(self, path: str) -> str:
        if path not in self._base:
            raise NotFound(f"no {path}")
        return self._base[path]

    async def files(self, suffix: str = "") -> list[str]:
        return sorted(path for path in self._base if path.endswith(suffix))

    async def apply(self, change_set: ChangeSet) -> list[FileTexts]:
        texts = [apply_file_edit(edit, self._base.get(edit.path)) for edit in change_set.files]
        await asyncio.to_thread(self._write, texts)
        return texts

    def _write(self, texts: Sequence[FileTexts]) -> None:
        for each in texts:
            (self.root / each.path).write_bytes(each.after.encode())

    async def reset(self) -> None:
        await asyncio.to_thread(self._write, [FileTexts(path, None, text) for path, text in self._base.items()])

    async def moved_paths(self) -> list[str]:
        return self.moved(await self._workspaces.all_texts())

    def moved(self, now: Mapping[str, str]) -> list[str]:
        return sorted(path for path in {*now, *self._base} if now.get(path) != self._base.get(path))

    @property
    def size(self) -> int:
        return len(self._base)

    def snapshot(self) -> "FolderCopy":
        return self


class FolderWorkspaces:
    """`before_write` is awaited before each file is written: a place to stop, to fail or to be killed."""

    def __init__(self, root: Path, trust: Trust = Trust.TRUSTED, interpreter: bool = True) -> None:
        self.root = root
        self.overlays: dict[tuple[ClientId | None, str], str] = {}
        self.before_write: Callable[[str], Awaitable[None]] | None = None
        self.copies = 0
        self.workspace = Workspace(
            id=workspace_id(root),
            root=str(root),
            name=root.name,
            trust=trust,
            interpreter=Interpreter(path="python", source="double") if interpreter else None,
        )

    async def get(self, workspace_id: WorkspaceId) -> Workspace:
        if workspace_id != self.workspace.id:
            raise NotFound(f"no workspace {workspace_id}")
        return self.workspace

    async def all_texts(self, client_id: ClientId | None = None) -> dict[str, str]:
        def read() -> dict[str, str]:
            files = [path for path in self.root.rglob("*") if path.is_file() and ".git" not in path.parts]
            return {path.relative_to(self.root).as_posix(): path.read_bytes().decode() for path in files}

        texts = await asyncio.to_thread(read)
        own_last = sorted(self.overlays.items(), key=lambda each: each[0][0] == client_id)
        return texts | {path: text for (_, path), text in own_last}

    async def moved_since(self, workspace_id: WorkspaceId, snapshot: Snapshot, client_id: ClientId | None) -> list[str]:
        return snapshot.moved(await self.all_texts(client_id))

    @asynccontextmanager
    async def private_copy(self, workspace_id: WorkspaceId, client_id: ClientId | None) -> AsyncIterator[FolderCopy]:
        folder = Path(await asyncio.to_thread(tempfile.mkdtemp, prefix="tercet-copy-"))
        self.copies += 1
        try:
            await asyncio.to_thread(shutil.copytree, self.root, folder, dirs_exist_ok=True)
            yield FolderCopy(folder, self, await self.all_texts())
        finally:
            self.copies -= 1
            await asyncio.to_thread(shutil.rmtree, folder, ignore_errors=True)

    async def current_text(self, workspace_id: WorkspaceId, path: str, client_id: ClientId | None) -> str | None:
        own = self.overlays.get((client_id, path))
        others = [text for (_, name), text in self.overlays.items() if name == path]
        if own is not None or others:
            return own if own is not None else others[0]
        return await asyncio.to_thread(_read, self.root / path)

    async def dirty_paths(self, workspace_id: WorkspaceId, paths: Sequence[str]) -> list[str]:
        dirty = []
        for (_, path), text in self.overlays.items():
            if path in paths and text != await asyncio.to_thread(_read, self.root / path):
                dirty.append(path)
        return dirty

    async def write(self, workspace_id: WorkspaceId, texts: Sequence[FileTexts]) -> None:
        for each in texts:
            if await asyncio.to_thread(_read, self.root / each.path) != each.before:
                raise StaleText(f"{each.path} has changed since; run the request again.")
        written: list[FileTexts] = []
        try:
            for each in texts:
                if self.before_write is not None:
                    await self.before_write(each.path)
                await self._replace(each.path, each.after)
                written.append(each)
        except TercetError:
            for each in written:
                if each.before is None:
                    await asyncio.to_thread((self.root / each.path).unlink)
                else:
                    await self._replace(each.path, each.before)
            raise

    async def remove(self, workspace_id: WorkspaceId, path: str, text_sha256: str) -> None:
        if self.before_write is not None:
            await self.before_write(path)
        await asyncio.to_thread((self.root / path).unlink)

    async def _replace(self, path: str, text: str) -> None:
        def replace() -> None:
            temporary = self.root / f".{Path(path).name}.tmp"
            temporary.write_bytes(text.encode())
            (self.root / path).parent.mkdir(parents=True, exist_ok=True)
            temporary.replace(self.root / path)

        await asyncio.to_thread(replace)

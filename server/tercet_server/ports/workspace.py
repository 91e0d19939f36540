"""The port to users' files: private copies for proof, current texts, and the only way to write."""

from collections.abc import Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import Protocol

from tercet_shared.edits import ChangeSet, FileTexts
from tercet_shared.ids import ClientId, WorkspaceId
from tercet_shared.workspaces import Workspace


class Snapshot(Protocol):
    """What a private copy was made of, without its contents: it outlives the copy."""

    @property
    def base_sha256(self) -> str:
        """As of the copy."""
        ...

    @property
    def size(self) -> int:
        """How many files and links it knows of."""
        ...

    def moved(self, overlays: Mapping[str, str]) -> list[str]:
        """The paths of the original, with these unsaved texts by path, that differ from it now. Blocks.

        Raises WorkspaceGone, TooLarge.
        """
        ...


class PrivateCopy(Protocol):
    """A copy of the workspace with the overlays applied, for one task. Reset to its base between candidates."""

    root: Path
    """Host path of the copy."""
    original: Path
    base_sha256: str
    """Hash of the manifest of everything copied: paths, contents and modes."""

    async def read_text(self, path: str) -> str:
        """The base text of a file (overlay included). Raises NotFound, TooLarge, Unsupported (not text)."""
        ...

    async def files(self, suffix: str = "") -> list[str]:
        """The copied regular files, sorted, whose name ends with `suffix`."""
        ...

    async def apply(self, change_set: ChangeSet) -> list[FileTexts]:
        """Writes a change set into the copy. Raises StaleText, EditRefused."""
        ...

    async def reset(self) -> None:
        """Puts every file back as it was when copied, whatever the code that ran in it has done."""
        ...

    def twin(self) -> "AbstractAsyncContextManager[PrivateCopy]":
        """Another copy of the same base, for variants of the code that are tried while this one is proved or kept as it is."""
        ...

    async def moved_paths(self) -> list[str]:
        """The paths of the original (or its overlays) that differ from the base now: proof of the base is void for them."""
        ...

    def snapshot(self) -> Snapshot:
        """What to tell later by whether anything has moved since this copy was made."""
        ...


class Workspaces(Protocol):
    """Registered folders, their overlays and trust; private copies; the only writer of users' files."""

    async def get(self, workspace_id: WorkspaceId) -> Workspace: ...

    def private_copy(
        self, workspace_id: WorkspaceId, client_id: ClientId | None
    ) -> AbstractAsyncContextManager[PrivateCopy]:
        """A new copy; overlays of `client_id` win over those of other clients, and all of them over the disk."""
        ...

    async def current_text(self, workspace_id: WorkspaceId, path: str, client_id: ClientId | None) -> str | None:
        """The text that the user sees now: overlay first, then the file; None if there is neither."""
        ...

    async def moved_since(self, workspace_id: WorkspaceId, snapshot: Snapshot, client_id: ClientId | None) -> list[str]:
        """The paths of which the client sees something else than the snapshot is of. Raises WorkspaceGone, TooLarge."""
        ...

    async def dirty_paths(self, workspace_id: WorkspaceId, paths: Sequence[str]) -> list[str]:
        """Those of `paths` that some client holds unsaved changes of."""
        ...

    async def write(self, workspace_id: WorkspaceId, texts: Sequence[FileTexts]) -> None:
        """Writes all files or none, each only if its current text equals `before`; encodings and modes are kept.

        Raises StaleText, NotWritable, DiskFull. `after` of an undone creation is "" with `before` set: see `remove`.
        """
        ...

    async def remove(self, workspace_id: WorkspaceId, path: str, text_sha256: str) -> None:
        """Removes a file whose text still has this hash (undo of a creation)."""
        ...

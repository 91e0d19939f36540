"""The folders that the editor has open, the workspaces they are to the daemon, and which folder a path belongs to."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import PurePath
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tercet_shared.ids import WorkspaceId
    from tercet_shared.workspaces import Workspace


@dataclass(frozen=True)
class Folder:
    """A folder as the editor names it; the daemon resolves links, so its root may read differently."""

    uri: str
    path: PurePath
    name: str


@dataclass(frozen=True)
class Place:
    """A file in a folder; `path` is relative, with forward slashes."""

    folder: Folder
    path: str


class Folders:
    """All folders of one session."""

    def __init__(self) -> None:
        self._folders: dict[str, Folder] = {}
        self._workspaces: dict[str, Workspace] = {}

    def __iter__(self) -> Iterator[Folder]:
        """Over a copy: folders come and go while tasks wait."""
        return iter(list(self._folders.values()))

    def add(self, folder: Folder) -> None:
        self._folders[folder.uri] = folder

    def remove(self, uri: str) -> Folder | None:
        """Nothing is located in it any more. Its workspace stays known until `forget`: its overlays are to be deleted."""
        return self._folders.pop(uri, None)

    def forget(self, folder: Folder) -> None:
        """Drops the workspace of a folder that was removed and not added again."""
        if folder.uri not in self._folders:
            self._workspaces.pop(folder.uri, None)

    def locate(self, path: PurePath) -> Place | None:
        """The innermost folder that holds the path, and where in it."""
        places = (Place(folder, relative) for folder in self if (relative := _relative(path, folder.path)) is not None)
        return min(places, key=lambda place: len(place.path), default=None)

    # -- what the daemon says of them -------------------------------------------------------------------------------

    def registered(self, folder: Folder, workspace: Workspace) -> None:
        if folder.uri in self._folders:
            self._workspaces[folder.uri] = workspace

    def workspace(self, folder: Folder) -> Workspace | None:
        """None until the daemon has registered it."""
        return self._workspaces.get(folder.uri)

    def of(self, workspace_id: WorkspaceId) -> Folder | None:
        """The folder that is this workspace, if it is one of ours."""
        return next((folder for folder in self if self._id(folder) == workspace_id), None)

    def workspaces(self) -> list[Workspace]:
        """The folders that the daemon has registered."""
        return [workspace for uri, workspace in self._workspaces.items() if uri in self._folders]

    def ids(self) -> list[WorkspaceId]:
        return [workspace.id for workspace in self.workspaces()]

    def _id(self, folder: Folder) -> WorkspaceId | None:
        workspace = self._workspaces.get(folder.uri)
        return None if workspace is None else workspace.id


def _relative(path: PurePath, folder: PurePath) -> str | None:
    try:
        relative = path.relative_to(folder)
    except ValueError:
        return None
    return relative.as_posix() if relative.parts and ".." not in relative.parts else None

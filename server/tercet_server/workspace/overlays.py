"""The unsaved texts that clients hold, in memory. Knows no file."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count

from tercet_shared.errors import Conflict
from tercet_shared.ids import ClientId, WorkspaceId
from tercet_shared.workspaces import OverlayRequest


@dataclass(frozen=True)
class Overlay:
    version: int
    text: str
    real: str
    """The file that the path is, links resolved: one file may be open under two names."""
    age: int
    """Grows with every text put: the newest of several clients' texts has the greatest."""


class Overlays:
    """Of all workspaces, clients and paths."""

    def __init__(self) -> None:
        self._texts: dict[tuple[WorkspaceId, ClientId, str], Overlay] = {}
        self._ages = count()

    def put(self, workspace_id: WorkspaceId, request: OverlayRequest, real: str) -> None:
        """Raises Conflict unless the version has grown."""
        path, version = request.path, request.version
        held = self._texts.get((workspace_id, request.client_id, path))
        if held is not None and version <= held.version:
            raise Conflict(
                f"Version {version} of {path} is not newer than version {held.version}; send the whole text again.",
                path=path,
                version=held.version,
            )
        overlay = Overlay(version, request.text, real, next(self._ages))
        self._texts[workspace_id, request.client_id, path] = overlay

    def delete(self, workspace_id: WorkspaceId, client_id: ClientId, path: str) -> None:
        self._texts.pop((workspace_id, client_id, path), None)

    def forget_client(self, client_id: ClientId) -> None:
        self._texts = {key: overlay for key, overlay in self._texts.items() if key[1] != client_id}

    def winning(self, workspace_id: WorkspaceId, client_id: ClientId | None) -> dict[str, str]:
        """The texts by real path: those of `client_id` win, among the others the newest."""
        winners: dict[str, tuple[bool, int, str]] = {}
        for holder, overlay in self._of(workspace_id):
            rank = (holder == client_id, overlay.age, overlay.text)
            winners[overlay.real] = max(rank, winners.get(overlay.real, rank), key=lambda each: each[:2])
        return {path: text for path, (_, _, text) in winners.items()}

    def all(self, workspace_id: WorkspaceId) -> list[Overlay]:
        """Every client's."""
        return [overlay for _, overlay in self._of(workspace_id)]

    def _of(self, workspace_id: WorkspaceId) -> Iterator[tuple[ClientId, Overlay]]:
        for (workspace, client_id, _), overlay in self._texts.items():
            if workspace == workspace_id:
                yield client_id, overlay

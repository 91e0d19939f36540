"""A registered workspace on real folders, and what its user and editors do in it."""

from dataclasses import dataclass
from pathlib import Path

from tercet_server.workspace import WorkspaceService
from tercet_shared.ids import ClientId, WorkspaceId
from tercet_shared.workspaces import OverlayRequest

ALICE, BOB = ClientId("alice"), ClientId("bob")


@dataclass
class Ground:
    """A service with one registered workspace."""

    service: WorkspaceService
    root: Path
    state: Path
    cache: Path
    id: WorkspaceId

    def put(self, path: str, content: str | bytes) -> Path:
        """Writes a file of the workspace as its user would."""
        file = self.root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content.encode() if isinstance(content, str) else content)
        return file

    async def type(self, client: ClientId, path: str, text: str, version: int = 1) -> None:
        """An editor reports the unsaved text of a document."""
        request = OverlayRequest(client_id=client, path=path, version=version, text=text)
        await self.service.put_overlay(self.id, request)

    def copies(self) -> list[Path]:
        """What lies in the folder for private copies."""
        folder = self.cache / "copies"
        return sorted(folder.iterdir()) if folder.is_dir() else []

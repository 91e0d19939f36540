"""One command's link to the daemon: connects (starting it if need be), reconnects, registers and trusts a workspace."""

from pathlib import Path
from types import TracebackType
from typing import Self

from tercet_shared.client import DaemonClient
from tercet_shared.discovery import ensure_daemon
from tercet_shared.errors import NotTrusted
from tercet_shared.ids import new_client_id
from tercet_shared.workspaces import Trust, Workspace, WorkspaceRequest

from tercet_server.cli.terminal import Terminal


class Session:
    """Use as an async context manager. `client` changes when `reconnect` is called."""

    client: DaemonClient

    def __init__(self, *, start: bool = True) -> None:
        self._start = start
        self.client_id = new_client_id()

    async def __aenter__(self) -> Self:
        self.client = DaemonClient(await ensure_daemon(start=self._start))
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.client.aclose()

    async def reconnect(self) -> None:
        """To the daemon that runs now, or to a new one: runs outlive a daemon."""
        record = await ensure_daemon()
        await self.client.aclose()
        self.client = DaemonClient(record)

    async def workspace(self, root: Path) -> Workspace:
        return await self.client.register_workspace(WorkspaceRequest(root=str(root)))

    async def trusted_workspace(self, root: Path, terminal: Terminal, *, trust: bool) -> Workspace:
        """The workspace, once its code may run: by the stored answer, by `trust`, or by asking whoever sits there."""
        workspace = await self.workspace(root)
        for problem in workspace.problems:
            terminal.note(f"Note: {problem}")
        if workspace.trust is Trust.TRUSTED:
            return workspace
        if trust or self._agrees(workspace, terminal):
            return await self.client.set_trust(workspace.id, True)
        raise NotTrusted(
            f"{workspace.root} is not trusted, and its tests are code that would run. "
            "If you trust it, run `tercet trust` there, or repeat the command with --trust.",
            root=workspace.root,
        )

    def _agrees(self, workspace: Workspace, terminal: Terminal) -> bool:
        if not terminal.can_ask:
            return False
        terminal.note(f"To judge a repair, Tercet runs the tests of {workspace.root} in a sandbox without network.")
        return terminal.ask("Do you trust the code in this folder?")

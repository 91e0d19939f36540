"""The workspaces of a daemon: registered folders, trust, unsaved texts, private copies, and the only writer of users' files.

Implements `ports.Workspaces`. Asynchronous in front; everything that blocks is in the modules below and runs in threads.
"""

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import TypeVar

from tercet_shared.edits import FileTexts, text_sha256
from tercet_shared.errors import EditRefused, NoInterpreter, TooLarge, Unsupported, WorkspaceGone
from tercet_shared.ids import ClientId, WorkspaceId
from tercet_shared.workspaces import Interpreter, OverlayReceipt, OverlayRequest, Trust, Workspace, WorkspaceRequest

from tercet_server.config import Settings, for_workspace
from tercet_server.ports import PrivateCopy, Snapshot
from tercet_server.workspace.environments import Places
from tercet_server.workspace.failures import writing
from tercet_server.workspace.interpreters import Chosen, find_interpreter
from tercet_server.workspace.leftovers import sweep
from tercet_server.workspace.overlays import Overlays
from tercet_server.workspace.paths import inside, must_exist
from tercet_server.workspace.pending import Pending
from tercet_server.workspace.private_copy import take_copy
from tercet_server.workspace.registry import Registration, Registry
from tercet_server.workspace.texts import MAX_TEXT_BYTES, read_text, too_large
from tercet_server.workspace.threads import to_its_end
from tercet_server.workspace.writing import remove_file, write_files

Result = TypeVar("Result")

Paths = list[str]
Found = list[Workspace]
"""Named here, for inside the class `list` is its method."""


class WorkspaceService:
    """`environment` are the daemon's environment variables, where the tools of a project may be found."""

    def __init__(
        self, state_dir: Path, cache_dir: Path, settings: Settings, environment: Mapping[str, str] | None = None
    ) -> None:
        variables = environment or {}
        home = variables.get("HOME") or variables.get("USERPROFILE")
        self._places = Places(Path(home) if home else None, variables)
        self._settings = settings
        self._copies = cache_dir / "copies"
        self._pending = Pending(state_dir / "writes")
        self._registry = Registry(state_dir)
        self._registering = asyncio.Lock()
        self._overlays = Overlays()
        self._typing: defaultdict[WorkspaceId, asyncio.Lock] = defaultdict(asyncio.Lock)
        self._writing: defaultdict[WorkspaceId, asyncio.Lock] = defaultdict(asyncio.Lock)

    # -- registration and trust -----------------------------------------------------------------------------------

    async def register(self, request: WorkspaceRequest) -> Workspace:
        """Raises InvalidRequest, WorkspaceGone, DiskFull, NotWritable."""
        return await self._described(await self._in_registry(lambda: self._registry.register(request)))

    async def get(self, workspace_id: WorkspaceId) -> Workspace:
        """Raises NotFound, WorkspaceGone."""
        return await self._described(await self._registration(workspace_id))

    async def set_trust(self, workspace_id: WorkspaceId, trusted: bool) -> Workspace:
        """Keeps the user's answer. Raises NotFound, WorkspaceGone, DiskFull, NotWritable."""
        answer = Trust.TRUSTED if trusted else Trust.UNTRUSTED

        def answered() -> Registration:
            self._registry.set_trust(self._registry.get(workspace_id).root, answer)
            return self._registry.get(workspace_id)

        return await self._described(await self._in_registry(answered))

    # -- unsaved texts --------------------------------------------------------------------------------------------

    async def put_overlay(self, workspace_id: WorkspaceId, request: OverlayRequest) -> OverlayReceipt:
        """Raises Conflict (the version has not grown), TooLarge, EditRefused (outside), NotFound, WorkspaceGone."""
        if len(request.text.encode("utf-8", "surrogatepass")) > MAX_TEXT_BYTES:
            raise too_large(request.path)
        async with self._typing[workspace_id]:  # in the order of arrival, though the checks run in threads
            root = await self._root(workspace_id)
            real, sha256 = await asyncio.to_thread(lambda: (inside(root, request.path), text_sha256(request.text)))
            self._overlays.put(workspace_id, request, real)
        return OverlayReceipt(path=request.path, version=request.version, text_sha256=sha256)

    async def delete_overlay(self, workspace_id: WorkspaceId, client_id: ClientId, path: str) -> None:
        self._overlays.delete(workspace_id, client_id, path)

    async def forget_client(self, client_id: ClientId) -> None:
        self._overlays.forget_client(client_id)

    async def current_text(self, workspace_id: WorkspaceId, path: str, client_id: ClientId | None) -> str | None:
        """As the port says. Raises EditRefused, TooLarge, Unsupported (not text), NotFound, WorkspaceGone."""
        root = await self._root(workspace_id)
        real = await asyncio.to_thread(inside, root, path)
        overlay = self._overlays.winning(workspace_id, client_id).get(real)
        if overlay is not None:
            return overlay
        stored = await asyncio.to_thread(read_text, root, real)
        return None if stored is None else stored.text

    async def dirty_paths(self, workspace_id: WorkspaceId, paths: Sequence[str]) -> Paths:
        root = await self._root(workspace_id)
        held = defaultdict(list)
        for overlay in self._overlays.all(workspace_id):
            held[overlay.real].append(overlay.text)
        return await asyncio.to_thread(
            lambda: [path for path in paths if _any_unsaved(root, path, held[inside(root, path)])]
        )

    async def moved_since(self, workspace_id: WorkspaceId, snapshot: Snapshot, client_id: ClientId | None) -> Paths:
        overlays = self._overlays.winning(workspace_id, client_id)
        return await to_its_end(lambda: snapshot.moved(overlays))

    # -- copies and writes ----------------------------------------------------------------------------------------

    @asynccontextmanager
    async def private_copy(self, workspace_id: WorkspaceId, client_id: ClientId | None) -> AsyncIterator[PrivateCopy]:
        """As the port says. Raises NotFound, WorkspaceGone, TooLarge, DiskFull, NotWritable."""
        root = await self._root(workspace_id)
        copy = await take_copy(root, self._copies, lambda: self._overlays.winning(workspace_id, client_id))
        try:
            yield copy
        finally:
            await copy.remove()

    async def write(self, workspace_id: WorkspaceId, texts: Sequence[FileTexts]) -> None:
        """As the port says; once begun, to its end even if cancelled. Raises EditRefused and WorkspaceGone too."""
        root = await self._root(workspace_id)
        async with self._writing[workspace_id]:
            await to_its_end(lambda: write_files(root, texts, self._pending))

    async def remove(self, workspace_id: WorkspaceId, path: str, text_sha256: str) -> None:
        """Raises StaleText, NotWritable, EditRefused, NotFound, WorkspaceGone."""
        root = await self._root(workspace_id)
        async with self._writing[workspace_id]:
            await to_its_end(lambda: remove_file(root, path, text_sha256, self._pending))

    async def sweep(self) -> None:
        """Removes what a killed daemon has left: private copies, and temporary files beside users' files."""

        def work() -> None:
            with writing(str(self._copies)):
                sweep(self._copies)
                self._pending.sweep()

        await to_its_end(work)

    async def list(self) -> Found:
        """The registered workspaces whose folders are there."""
        found = []
        for registration in await self._in_registry(self._registry.all):
            with suppress(WorkspaceGone):
                found.append(await self._described(registration))
        return found

    # -- parts ----------------------------------------------------------------------------------------------------

    async def _in_registry(self, work: Callable[[], Result]) -> Result:
        async with self._registering:
            return await to_its_end(work)

    async def _registration(self, workspace_id: WorkspaceId) -> Registration:
        return await self._in_registry(lambda: self._registry.get(workspace_id))

    async def _root(self, workspace_id: WorkspaceId) -> Path:
        root = (await self._registration(workspace_id)).root
        await asyncio.to_thread(must_exist, root)
        return root

    async def _described(self, registration: Registration) -> Workspace:
        return await asyncio.to_thread(self._workspace, registration)

    def _workspace(self, registration: Registration) -> Workspace:
        """What is known of it now: its folder may have got a `tercet.toml` or an environment meanwhile."""
        root, interpreter = registration.root, None
        must_exist(root)
        settings, problems = for_workspace(self._settings, root)
        problems = [*self._registry.problems, *problems]
        if root == self._places.home:
            problems.append(f"{root} is your whole home folder; open a project's folder as the workspace instead.")
        try:
            interpreter = self._interpreter(registration, settings)
        except NoInterpreter as error:
            problems.append(error.sentence)
        return Workspace(
            id=registration.id,
            root=str(root),
            name=root.name,
            trust=registration.trust,
            interpreter=interpreter,
            problems=problems,
        )

    def _interpreter(self, registration: Registration, settings: Settings) -> Interpreter:
        chosen = Chosen(settings.python.interpreter, registration.interpreter or "")
        return find_interpreter(registration.root, chosen, self._places)


def _any_unsaved(root: Path, path: str, texts: Sequence[str]) -> bool:
    """Whether one of the texts differs from the file's; what cannot be compared counts as differing."""
    if not texts:
        return False
    try:
        stored = read_text(root, path)
    except (EditRefused, TooLarge, Unsupported):
        return True
    return any(text != (None if stored is None else stored.text) for text in texts)

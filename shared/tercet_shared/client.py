"""The daemon's only HTTP client, used by the language server, the command line and the tests.

Every method raises the `TercetError` that the daemon answered with, or `DaemonUnavailable`.
"""

import asyncio
from collections.abc import AsyncIterator, Callable
from types import TracebackType
from typing import Any, Self, TypeVar

import httpx
from httpx_sse import aconnect_sse
from pydantic import BaseModel, TypeAdapter

from tercet_shared import errors
from tercet_shared.context import (
    CallDirection,
    CallsAnswer,
    ContextSection,
    DefinitionAnswer,
    Description,
    ImpactAnswer,
    IndexStatus,
    Outline,
    ReferencesAnswer,
    SearchAnswer,
    SymbolList,
)
from tercet_shared.daemon import DoctorReport, Health, ShutdownRequest
from tercet_shared.discovery import DaemonRecord
from tercet_shared.events import Event, FindingsChanged
from tercet_shared.findings import FileFindings
from tercet_shared.free_text import FreeText, Understood
from tercet_shared.ids import ClaimId, ClientId, ProposalId, RunId, WorkspaceId
from tercet_shared.learning import Learned
from tercet_shared.models import ModelsReport
from tercet_shared.outcomes import TestOutcomes
from tercet_shared.proposals import Claim, ClaimReport, ClaimRequest, ClientRequest, DiscardRequest, Proposal
from tercet_shared.refactoring import RefactoringList
from tercet_shared.runs import Again, Approval, Plan, Run, RunRequest, Steering
from tercet_shared.sandboxes import BuildRequest, SandboxReport, SandboxWork
from tercet_shared.workspaces import OverlayReceipt, OverlayRequest, TrustRequest, Workspace, WorkspaceRequest

_Model = TypeVar("_Model", bound=BaseModel)

REQUEST_DEADLINE_S = 30.0
"""No endpoint but the event stream takes longer: long work is a run."""

RECONNECT_S = 0.5


class DaemonClient:
    """One connection pool to one daemon. Use as an async context manager, or call `aclose`."""

    def __init__(self, record: DaemonRecord, *, deadline_s: float = REQUEST_DEADLINE_S) -> None:
        # The daemon speaks plain HTTP to this machine alone: without `verify` no certificates are loaded (200 ms, 2 MB).
        transport = httpx.AsyncHTTPTransport(uds=record.socket, verify=False)
        self._http = httpx.AsyncClient(
            transport=transport,
            base_url=record.base_url,
            headers={"Authorization": f"Bearer {record.token}"},
            timeout=httpx.Timeout(deadline_s),
            trust_env=False,
        )

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        await self._http.aclose()

    # -- the daemon ---------------------------------------------------------------------------------------------

    async def health(self) -> Health:
        return await self._get(Health, "/health")

    async def doctor(self, workspace_id: WorkspaceId | None = None) -> DoctorReport:
        return await self._get(DoctorReport, "/doctor", workspace_id=workspace_id)

    async def models(self) -> ModelsReport:
        return await self._get(ModelsReport, "/models")

    async def sandbox(self) -> SandboxReport:
        return await self._get(SandboxReport, "/sandbox")

    async def sandbox_work(self) -> SandboxWork:
        return await self._get(SandboxWork, "/sandbox/work")

    async def build_images(self, runtimes: list[str]) -> SandboxWork:
        return await self._post(SandboxWork, "/sandbox/build", BuildRequest(runtimes=runtimes))

    async def test_sandbox(self) -> SandboxWork:
        return SandboxWork.model_validate_json(await self._send("POST", "/sandbox/test"))

    async def shutdown(self, *, if_idle: bool = False) -> None:
        await self._send("POST", "/shutdown", ShutdownRequest(if_idle=if_idle))

    # -- workspaces ---------------------------------------------------------------------------------------------

    async def register_workspace(self, request: WorkspaceRequest) -> Workspace:
        return await self._post(Workspace, "/workspaces", request)

    async def workspaces(self) -> list[Workspace]:
        return await self._list(Workspace, "/workspaces")

    async def workspace(self, workspace_id: WorkspaceId) -> Workspace:
        return await self._get(Workspace, f"/workspaces/{workspace_id}")

    async def set_trust(self, workspace_id: WorkspaceId, trusted: bool) -> Workspace:
        body = TrustRequest(trusted=trusted)
        return Workspace.model_validate_json(await self._send("PUT", f"/workspaces/{workspace_id}/trust", body))

    async def put_overlay(self, workspace_id: WorkspaceId, request: OverlayRequest) -> OverlayReceipt:
        return OverlayReceipt.model_validate_json(
            await self._send("PUT", f"/workspaces/{workspace_id}/overlays", request)
        )

    async def delete_overlay(self, workspace_id: WorkspaceId, client_id: ClientId, path: str) -> None:
        await self._send("DELETE", f"/workspaces/{workspace_id}/overlays", client_id=client_id, path=path)

    async def forget_client(self, client_id: ClientId) -> None:
        """Drops all overlays of a client that leaves."""
        await self._send("DELETE", f"/clients/{client_id}")

    async def findings(self, workspace_id: WorkspaceId, path: str | None = None) -> list[FileFindings]:
        return await self._list(FileFindings, f"/workspaces/{workspace_id}/findings", path=path)

    async def outcomes(self, workspace_id: WorkspaceId, path: str, client_id: ClientId | None = None) -> TestOutcomes:
        """The tests of a file, in the text that the client sees, and how they went last."""
        return await self._get(TestOutcomes, f"/workspaces/{workspace_id}/outcomes", path=path, client_id=client_id)

    # -- code ---------------------------------------------------------------------------------------------------

    async def search(self, workspace_id: WorkspaceId, words: str, limit: int = 20) -> SearchAnswer:
        return await self._get(SearchAnswer, f"/workspaces/{workspace_id}/search", words=words, limit=limit)

    async def symbols(self, workspace_id: WorkspaceId, name: str, limit: int = 100) -> SymbolList:
        return await self._get(SymbolList, f"/workspaces/{workspace_id}/symbols", name=name, limit=limit)

    async def outline(self, workspace_id: WorkspaceId, path: str, client_id: ClientId | None = None) -> Outline:
        return await self._get(Outline, f"/workspaces/{workspace_id}/outline", path=path, client_id=client_id)

    async def refactorings(self, workspace_id: WorkspaceId, path: str, **where: Any) -> RefactoringList:
        """`where` is `line`, `character`, `end_line`, `end_character`, and whose unsaved text counts: `client_id`."""
        return await self._get(RefactoringList, f"/workspaces/{workspace_id}/refactorings", path=path, **where)

    async def definition(self, workspace_id: WorkspaceId, path: str, **place: Any) -> DefinitionAnswer:
        """`place` is `line` and `character`, and whose unsaved text counts: `client_id`. So in the next four."""
        return await self._get(DefinitionAnswer, f"/workspaces/{workspace_id}/definition", path=path, **place)

    async def references(self, workspace_id: WorkspaceId, path: str, **place: Any) -> ReferencesAnswer:
        return await self._get(ReferencesAnswer, f"/workspaces/{workspace_id}/references", path=path, **place)

    async def calls(self, workspace_id: WorkspaceId, path: str, direction: CallDirection, **place: Any) -> CallsAnswer:
        where = {"path": path, "direction": direction.value, **place}
        return await self._get(CallsAnswer, f"/workspaces/{workspace_id}/calls", **where)

    async def impact(self, workspace_id: WorkspaceId, path: str, **place: Any) -> ImpactAnswer:
        return await self._get(ImpactAnswer, f"/workspaces/{workspace_id}/impact", path=path, **place)

    async def description(self, workspace_id: WorkspaceId, path: str, **place: Any) -> Description:
        return await self._get(Description, f"/workspaces/{workspace_id}/description", path=path, **place)

    async def context(
        self, workspace_id: WorkspaceId, words: str, budget: int, client_id: ClientId | None = None
    ) -> ContextSection:
        """A part of a prompt of at most `budget` tokens."""
        query = {"words": words, "budget": budget, "client_id": client_id}
        return await self._get(ContextSection, f"/workspaces/{workspace_id}/context", **query)

    async def index_status(self, workspace_id: WorkspaceId) -> IndexStatus:
        return await self._get(IndexStatus, f"/workspaces/{workspace_id}/index")

    async def rebuild_index(self, workspace_id: WorkspaceId) -> IndexStatus:
        """Begins to; `index_status` says how far it is."""
        return await self._post(IndexStatus, f"/workspaces/{workspace_id}/index/rebuild", None)

    # -- runs and proposals -------------------------------------------------------------------------------------

    async def start_run(self, request: RunRequest) -> Run:
        return await self._post(Run, "/runs", request)

    async def understand(self, asked: FreeText) -> Understood:
        """What a run of these words would be of; starts none. May ask a model, up to 20 s."""
        return await self._post(Understood, "/runs/understand", asked)

    async def runs(self, workspace_id: WorkspaceId | None = None, limit: int = 50) -> list[Run]:
        """Newest first."""
        return await self._list(Run, "/runs", workspace_id=workspace_id, limit=limit)

    async def run(self, run_id: RunId | str) -> Run:
        """A run by its id, or by the beginning of one if that is unique."""
        return await self._get(Run, f"/runs/{run_id}")

    async def cancel_run(self, run_id: RunId) -> Run:
        return await self._post(Run, f"/runs/{run_id}/cancel", None)

    async def learned(self, workspace_id: WorkspaceId) -> Learned:
        """What became of earlier changes there, and the lessons."""
        return await self._get(Learned, f"/workspaces/{workspace_id}/learning")

    async def forget_learned(self, workspace_id: WorkspaceId) -> None:
        """Has what happened there up to now teach nothing any more."""
        await self._send("DELETE", f"/workspaces/{workspace_id}/learning")

    async def approve_run(self, run_id: RunId, plan: Plan | None = None) -> Run:
        """Lets a run go on that waits with its plan, by that plan or by the one given."""
        return await self._post(Run, f"/runs/{run_id}/approve", Approval(plan=plan))

    async def steer_run(self, run_id: RunId, instructions: str) -> Run:
        """Has a run that works or waits plan anew, told this as well."""
        return await self._post(Run, f"/runs/{run_id}/steer", Steering(instructions=instructions))

    async def run_again(self, run_id: RunId, again: Again) -> Run:
        """Starts a new run like an earlier one."""
        return await self._post(Run, f"/runs/{run_id}/again", again)

    async def run_events(self, run_id: RunId, after: int = 0) -> list[Event]:
        """The stored events of a run whose `seq` is greater than `after`."""
        return await self._list(Event, f"/runs/{run_id}/events", after=after)

    async def proposals(self, workspace_id: WorkspaceId | None = None) -> list[Proposal]:
        """The proposals that are offered or claimed now, newest first."""
        return await self._list(Proposal, "/proposals", workspace_id=workspace_id)

    async def proposal(self, proposal_id: ProposalId) -> Proposal:
        return await self._get(Proposal, f"/proposals/{proposal_id}")

    async def claim(self, proposal_id: ProposalId, request: ClaimRequest) -> Claim:
        """For a client that applies (or undoes) in its own buffers and then calls `report`."""
        return await self._post(Claim, f"/proposals/{proposal_id}/claim", request)

    async def report(self, claim_id: ClaimId, report: ClaimReport) -> Proposal:
        return await self._post(Proposal, f"/claims/{claim_id}/report", report)

    async def apply(self, proposal_id: ProposalId, client_id: ClientId) -> Proposal:
        """Lets the daemon write the proposal to disk."""
        return await self._post(Proposal, f"/proposals/{proposal_id}/apply", ClientRequest(client_id=client_id))

    async def undo(self, proposal_id: ProposalId, client_id: ClientId) -> Proposal:
        """Lets the daemon undo an applied proposal on disk, three-way against later edits."""
        return await self._post(Proposal, f"/proposals/{proposal_id}/undo", ClientRequest(client_id=client_id))

    async def discard(self, proposal_id: ProposalId, request: DiscardRequest | None = None) -> Proposal:
        """The discarded proposal; of a part, the new proposal with what is left."""
        return await self._post(Proposal, f"/proposals/{proposal_id}/discard", request)

    # -- the event stream ---------------------------------------------------------------------------------------

    async def events(
        self,
        after: int | None = None,
        *,
        client_id: ClientId | None = None,
        workspace_id: WorkspaceId | None = None,
        run_id: RunId | None = None,
        opened: Callable[[], object] | None = None,
    ) -> AsyncIterator[Event | FindingsChanged]:
        """Follows the stream of events; ends when the daemon closes it, raises `DaemonUnavailable` when it breaks.

        `after` is the last `seq` seen: what came since is replayed first. None starts at now. While the stream of
        `client_id` is open, that client counts as connected: its overlays live as long as its stream (and a grace).
        `opened` is called once the daemon has accepted: from then on nothing is missed, so that is when to look at the
        present state.
        """
        query = _given(after=after, client_id=client_id, workspace_id=workspace_id, run_id=run_id)
        timeout = httpx.Timeout(REQUEST_DEADLINE_S, read=STREAM_SILENCE_S)
        try:
            async with aconnect_sse(self._http, "GET", "/events", params=query, timeout=timeout) as source:
                if source.response.status_code != httpx.codes.OK:
                    await source.response.aread()
                    raise _error_of(source.response)
                if opened is not None:
                    opened()
                async for message in source.aiter_sse():
                    if message.event == "findings":
                        yield FindingsChanged.model_validate_json(message.data)
                    elif message.event == "event":
                        yield Event.model_validate_json(message.data)
        except httpx.HTTPError as error:
            raise _unavailable(error) from error

    async def follow_run(self, run_id: RunId, after: int = 0) -> AsyncIterator[Event]:
        """All events of one run after `after`, over broken connections, each once; the caller decides when to stop."""
        seen = after
        while True:
            try:
                async for event in self.events(seen, run_id=run_id):
                    if isinstance(event, Event):
                        seen = event.seq
                        yield event
            except errors.DaemonUnavailable:
                await self.health()
            await asyncio.sleep(RECONNECT_S)

    # -- plumbing -----------------------------------------------------------------------------------------------

    async def _get(self, model: type[_Model], endpoint: str, /, **query: Any) -> _Model:
        return model.model_validate_json(await self._send("GET", endpoint, **query))

    async def _list(self, model: type[_Model], endpoint: str, /, **query: Any) -> list[_Model]:
        return TypeAdapter(list[model]).validate_json(await self._send("GET", endpoint, **query))  # type: ignore[valid-type]  # a model class made a type at run time

    async def _post(self, model: type[_Model], endpoint: str, body: BaseModel | None) -> _Model:
        return model.model_validate_json(await self._send("POST", endpoint, body))

    async def _send(self, method: str, endpoint: str, body: BaseModel | None = None, /, **query: Any) -> bytes:
        content = None if body is None else body.model_dump_json()
        headers = {"Content-Type": "application/json"} if content is not None else {}
        try:
            response = await self._http.request(
                method, endpoint, content=content, headers=headers, params=_given(**query)
            )
        except httpx.HTTPError as error:
            raise _unavailable(error) from error
        if response.is_error:
            raise _error_of(response)
        return response.content


STREAM_SILENCE_S = 45.0
"""The daemon sends a comment at least every 15 s; a stream silent for longer is dead."""


def _given(**query: Any) -> dict[str, Any]:
    return {key: value for key, value in query.items() if value is not None}


def _unavailable(error: httpx.HTTPError) -> errors.DaemonUnavailable:
    return errors.DaemonUnavailable(
        f"The Tercet daemon does not answer ({type(error).__name__}: {error}). See `tercet daemon status` and `tercet daemon logs`."
    )


def _error_of(response: httpx.Response) -> errors.TercetError:
    """The error in an RFC 9457 problem document; `InternalError` for anything else."""
    try:
        problem = response.json()
        kind = errors.by_code(problem["code"])
        return kind(problem["detail"], **problem.get("data", {}))
    except (ValueError, KeyError, TypeError):
        return errors.InternalError(f"The daemon answered {response.status_code} without an explanation.")

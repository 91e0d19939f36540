"""The agent as the protocol wants it: sessions over folders, one prompt at a time in each. Decides nothing about runs."""

import asyncio
from pathlib import Path
from typing import Any
from uuid import uuid4

from acp import PROTOCOL_VERSION, RequestError
from acp.helpers import update_available_commands
from acp.interfaces import Client
from acp.schema import (
    AgentCapabilities,
    Implementation,
    InitializeResponse,
    NewSessionResponse,
    PromptCapabilities,
    PromptResponse,
)
from tercet_shared.discovery import installed_version
from tercet_shared.errors import TercetError
from tercet_shared.ids import WorkspaceId

from tercet_server.cli.acp import prompt as prompts
from tercet_server.cli.acp.conversation import Conversation
from tercet_server.cli.acp.markup import escaped
from tercet_server.cli.acp.turn import Turn
from tercet_server.cli.session import Session


class TercetAgent:
    """One connection to one editor."""

    def __init__(self) -> None:
        self._workspaces: dict[str, WorkspaceId] = {}
        self._turns: dict[str, Turn] = {}
        self._greetings: set[asyncio.Task[None]] = set()

    def on_connect(self, conn: Client) -> None:
        self._client = conn

    async def initialize(self, protocol_version: int, **_: Any) -> InitializeResponse:
        """Answers with the version that is spoken here, whatever the client would like; it then decides."""
        return InitializeResponse(
            protocol_version=PROTOCOL_VERSION,
            agent_capabilities=AgentCapabilities(prompt_capabilities=PromptCapabilities(embedded_context=True)),
            agent_info=Implementation(name="tercet", title="Tercet", version=installed_version()),
        )

    async def new_session(self, cwd: str, **_: Any) -> NewSessionResponse:
        """A session is a folder. Raises RequestError with the daemon's sentence if it cannot be used."""
        try:
            async with Session() as daemon:
                workspace = await daemon.workspace(Path(cwd))
        except TercetError as error:
            raise RequestError.invalid_params({"cwd": cwd, "reason": error.sentence}) from error
        session_id = uuid4().hex
        self._workspaces[session_id] = workspace.id
        greeting = asyncio.create_task(self._greet(session_id, workspace.problems))
        self._greetings.add(greeting)
        greeting.add_done_callback(self._greetings.discard)
        return NewSessionResponse(session_id=session_id)

    async def prompt(self, session_id: str, prompt: list[Any], **_: Any) -> PromptResponse:
        """Carries one request to its end. What goes wrong is said in words, as an answer."""
        workspace_id = self._workspaces.get(session_id)
        if workspace_id is None:
            raise RequestError.invalid_params({"sessionId": session_id, "reason": "There is no such session."})
        if session_id in self._turns:
            raise RequestError.invalid_request({"reason": "This session is busy. Cancel, or wait for its answer."})
        turn = self._turns[session_id] = Turn(Conversation(self._client, session_id), workspace_id)
        try:
            return PromptResponse(stop_reason=await turn.carry(prompt))
        finally:
            del self._turns[session_id]

    async def cancel(self, session_id: str, **_: Any) -> None:
        """Stops what the session is doing; its prompt is answered with `cancelled`."""
        turn = self._turns.get(session_id)
        if turn is not None:
            await turn.cancel()

    async def _greet(self, session_id: str, problems: list[str]) -> None:
        """What there is to know of a session, once the editor has its name: a task that begins after the answer is written."""
        conversation = Conversation(self._client, session_id)
        await conversation.show(update_available_commands(prompts.commands()))
        for problem in problems:
            await conversation.say(f"Note: {escaped(problem)}")

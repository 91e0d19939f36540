"""What is said to and asked of the person in front of one session of an editor."""

import asyncio
from typing import Any

from acp import RequestError, update_agent_message_text
from acp.interfaces import Client
from acp.schema import AllowedOutcome, PermissionOption, RequestPermissionResponse, ToolCallUpdate
from tercet_shared.errors import Unsupported

_YES, _NO = "yes", "no"


class Conversation:
    """Lasts for one prompt. `cancelled` is set when the person wants no more of it."""

    def __init__(self, client: Client, session_id: str) -> None:
        self.cancelled = asyncio.Event()
        self._client = client
        self._session_id = session_id

    async def show(self, update: Any) -> None:
        """Sends one of the protocol's session updates."""
        await self._client.session_update(self._session_id, update)

    async def say(self, text: str) -> None:
        """A paragraph in Markdown."""
        await self.show(update_agent_message_text(f"{text}\n\n"))

    async def agrees(self, call: ToolCallUpdate, yes: str, no: str, *, lasting: bool = False) -> bool:
        """Whether the person says yes. A question that is cancelled counts as no, and cancels the prompt.

        `lasting`: a yes holds for later conversations too, which an editor that agrees by itself should know.

        Raises Unsupported if the editor cannot ask.
        """
        options = [
            PermissionOption(option_id=_YES, name=yes, kind="allow_always" if lasting else "allow_once"),
            PermissionOption(option_id=_NO, name=no, kind="reject_once"),
        ]
        asking = asyncio.ensure_future(self._client.request_permission(self._session_id, call, options))
        answer = await self._unless_cancelled(asking)
        if answer is None or not isinstance(answer.outcome, AllowedOutcome):
            self.cancelled.set()
            return False
        return answer.outcome.option_id == _YES

    async def _unless_cancelled(
        self, asking: "asyncio.Future[RequestPermissionResponse]"
    ) -> RequestPermissionResponse | None:
        cancelling = asyncio.create_task(self.cancelled.wait())
        try:
            waiting: set[asyncio.Future[Any]] = {asking, cancelling}
            await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
            return asking.result() if asking.done() and not self.cancelled.is_set() else None
        except RequestError as error:
            raise Unsupported(f"The editor could not ask you ({error}), so nothing was done.") from error
        finally:
            cancelling.cancel()
            asking.cancel()

"""What an editor is told of a question, so that it can answer by itself what a person has said before."""

from typing import Any

import pytest
from acp.schema import AllowedOutcome, RequestPermissionResponse, ToolCallUpdate
from tercet_server.cli.acp.conversation import Conversation


class Editor:
    """Answers with the option of one id, and keeps what kinds of options it was given."""

    def __init__(self, answer: str) -> None:
        self.answer = answer
        self.kinds: dict[str, str] = {}

    async def request_permission(self, session_id: str, tool_call: Any, options: Any, **_: Any) -> Any:
        self.kinds = {each.option_id: each.kind for each in options}
        return RequestPermissionResponse(outcome=AllowedOutcome(outcome="selected", option_id=self.answer))


@pytest.mark.parametrize(("lasting", "kind"), [(True, "allow_always"), (False, "allow_once")])
@pytest.mark.parametrize("answer", ["yes", "no"])
async def test_a_yes_that_holds_for_later_is_called_so(lasting: bool, kind: str, answer: str):
    editor = Editor(answer)
    call = ToolCallUpdate(tool_call_id="1", title="May it?", kind="execute", status="pending")
    agreed = await Conversation(editor, "1").agrees(call, "Yes", "No", lasting=lasting)  # type: ignore[arg-type]
    assert agreed == (answer == "yes")
    assert editor.kinds == {"yes": kind, "no": "reject_once"}

"""Whatever an editor sends is answered, and the first answer costs no heavy import."""

import asyncio
import json
import subprocess
import sys
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lsprotocol import types
from pygls.exceptions import JsonRpcInvalidParams
from tercet_lsp.convert.arguments import Command
from tercet_lsp.convert.errors import REQUEST_FAILED, response_error
from tercet_shared.errors import InvalidRequest, NotTrusted, all_errors

from tests.doubles.language_wire import Wire


@pytest.fixture
def wire() -> Wire:
    return Wire()


def test_the_answer_to_initialize_tells_what_there_is(wire: Wire):
    result = wire.initialize()
    assert result["serverInfo"] == {"name": "tercet", "version": "1.0"}
    capabilities = result["capabilities"]
    assert set(capabilities["executeCommandProvider"]["commands"]) == {each.value for each in Command}
    assert capabilities["textDocumentSync"]["change"] == 2
    assert "diagnosticProvider" not in capabilities, "an editor that cannot be told to pull again is pushed to"
    assert capabilities["codeActionProvider"]["resolveProvider"] is False


def test_an_editor_that_can_pull_and_resolve_is_offered_both(wire: Wire):
    capabilities = wire.initialize(
        capabilities={
            "textDocument": {
                "diagnostic": {},
                "codeAction": {"resolveSupport": {"properties": ["edit"]}},
            },
            "workspace": {"diagnostics": {"refreshSupport": True}},
            "general": {"positionEncodings": ["utf-32", "utf-16"]},
        }
    )["capabilities"]
    assert capabilities["diagnosticProvider"]["workspaceDiagnostics"] is True
    assert capabilities["codeActionProvider"]["resolveProvider"] is True
    assert capabilities["positionEncoding"] == "utf-32"


@pytest.mark.parametrize(
    ("message", "code"),
    [
        ({"method": "textDocument/hover", "params": {"nonsense": 1}}, -32602),
        ({"method": "textDocument/hover"}, -32602),
        ({"method": "textDocument/codeAction", "params": []}, -32602),
        ({"method": "workspace/executeCommand", "params": {"command": 3, "arguments": "x"}}, -32602),
        ({"method": "workspace/executeCommand", "params": {"command": "tercet.nonsense"}}, -32602),
        ({"method": "nonsense/request", "params": {}}, -32601),
    ],
)
def test_a_malformed_request_gets_an_error_and_the_server_lives(wire: Wire, message: dict[str, Any], code: int):
    wire.initialize()
    (answer,) = wire.say(id=7, **message)
    assert (answer["id"], answer["error"]["code"]) == (7, code)
    (answer,) = wire.say(
        id=8,
        method="textDocument/hover",
        params={"textDocument": {"uri": "file:///x.py"}, "position": {"line": 0, "character": 0}},
    )
    assert answer["result"] is None


def test_a_malformed_request_says_what_is_wrong(wire: Wire):
    wire.initialize()
    (answer,) = wire.say(id=1, method="textDocument/hover", params={"textDocument": {"uri": "file:///x"}})
    assert "position" in answer["error"]["message"]


@pytest.mark.parametrize("method", ["textDocument/didOpen", "textDocument/didChange", "$/nonsense", "exit!"])
def test_a_malformed_notification_is_passed_over(wire: Wire, method: str):
    wire.initialize()
    assert wire.say(method=method, params={"x": 1}) == []


def test_a_change_of_a_document_that_is_not_open_is_passed_over(wire: Wire):
    wire.initialize()
    params = {"textDocument": {"uri": "file:///x.py", "version": 2}, "contentChanges": [{"text": "x"}]}
    assert wire.say(method="textDocument/didChange", params=params) == []


def test_requests_before_initialize_are_refused(wire: Wire):
    (answer,) = wire.say(
        id=1,
        method="textDocument/hover",
        params={"textDocument": {"uri": "file:///x.py"}, "position": {"line": 0, "character": 0}},
    )
    assert answer["error"]["code"] == -32002


async def test_a_malformed_answer_of_the_editor_fails_the_question(wire: Wire):
    wire.initialize()
    params = types.ApplyWorkspaceEditParams(edit=types.WorkspaceEdit())
    question = asyncio.ensure_future(wire.server.workspace_apply_edit_async(params))
    await asyncio.sleep(0)
    (sent,) = wire.sent[-1:]
    wire.say(id=sent["id"], result="perhaps")
    with pytest.raises(JsonRpcInvalidParams):
        await asyncio.wait_for(question, 30)


def test_an_object_that_looks_like_a_message_may_stand_in_one(wire: Wire):
    wire.initialize(initializationOptions={"jsonrpc": "2.0", "trust": "trusted"})
    assert wire.server.settings.trust == "trusted"


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(max_size=5),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(
                st.sampled_from(["textDocument", "position", "range", "context", "uri", "command", "arguments"]), inner
            )
        ),
        max_leaves=8,
    ),
    st.sampled_from(
        ["textDocument/hover", "textDocument/codeAction", "codeAction/resolve", "workspace/executeCommand"]
    ),
)
def test_every_request_is_answered_once(params: Any, method: str):
    wire = Wire()
    wire.initialize()
    answers = wire.say(id=1, method=method, params=params)
    assert [answer["id"] for answer in answers] == [1]


def test_every_error_becomes_an_answer_with_its_sentence_and_code():
    for kind in all_errors():
        answer = response_error(kind("Do this next.", path="a.py"))
        assert (answer.message, answer.data["code"], answer.data["path"]) == ("Do this next.", kind.code, "a.py")
    assert response_error(InvalidRequest("x")).code == JsonRpcInvalidParams.CODE
    assert response_error(NotTrusted("x")).code == REQUEST_FAILED


ANSWER_INITIALIZE = """
import json, sys
from tercet_lsp.server import build
server = build("1", stop=lambda: None)
class Writer:
    def write(self, data): self.data = data
    def close(self): pass
writer = Writer()
server.protocol.set_writer(writer, include_headers=False)
capabilities = {"textDocument": {"diagnostic": {}}, "workspace": {"diagnostics": {"refreshSupport": True}}}
message = {"jsonrpc": "2.0", "id": 1, "method": "initialize",
           "params": {"processId": None, "rootUri": "file:///tmp", "capabilities": capabilities}}
server.protocol.handle_message(json.loads(json.dumps(message), object_hook=server.protocol.structure_message))
assert b"serverInfo" in writer.data
print(json.dumps(sorted({name.split(".")[0] for name in sys.modules})))
"""


def test_initialize_is_answered_before_anything_heavy_is_imported():
    done = subprocess.run([sys.executable, "-c", ANSWER_INITIALIZE], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert {"pydantic", "pydantic_core", "httpx", "httpx_sse", "anyio"}.isdisjoint(json.loads(done.stdout))

"""The language server in the test's own process: messages go in as JSON, answers come out."""

import json
from typing import Any

from tercet_lsp.editor import Editor
from tercet_lsp.server import build


class Wire:
    """The server's side of a connection, without a process: messages go in as JSON, answers come out."""

    def __init__(self) -> None:
        self.server: Editor = build("1.0", stop=lambda: None)
        self.server.protocol.set_writer(self, include_headers=False)
        self.sent: list[Any] = []

    def write(self, data: bytes) -> None:
        self.sent.append(json.loads(data))

    def close(self) -> None:
        pass

    def say(self, **message: Any) -> list[Any]:
        """Handles a message; what was sent meanwhile."""
        before = len(self.sent)
        body = json.dumps({"jsonrpc": "2.0", **message})
        self.server.protocol.handle_message(json.loads(body, object_hook=self.server.protocol.structure_message))
        return self.sent[before:]

    def ask(self, method: str, **params: Any) -> Any:
        """The result of a request that is answered at once."""
        (answer,) = [each for each in self.say(id=7, method=method, params=params) if each.get("id") == 7]
        assert "error" not in answer, answer
        return answer["result"]

    def initialize(self, **params: Any) -> Any:
        (answer,) = self.say(
            id=0, method="initialize", params={"processId": None, "rootUri": None, "capabilities": {}, **params}
        )
        return answer["result"]

"""Whatever is typed, in every position encoding, what the daemon is told is the text that the editor shows."""

import re
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.doubles.language_wire import Wire

UNIT_BYTES = {"utf-8": 1, "utf-16": 2, "utf-32": 4}
CODECS = {"utf-8": "utf-8", "utf-16": "utf-16-le", "utf-32": "utf-32-le"}

PIECES = ["a", "é", "😀", "\n", "\r\n", "\r", "\x0c", "\u2028", "\t", " "]
TEXTS = st.lists(st.sampled_from(PIECES), max_size=12).map("".join)
STARTS = st.integers(0, 40)
EDITS = st.tuples(STARTS, st.integers(0, 8), TEXTS)


class Client:
    """An editor's side, made of nothing of the server's: one string, and positions counted by encoding it."""

    def __init__(self, wire: Wire, encoding: str, uri: str, text: str) -> None:
        self.wire = wire
        self.encoding = encoding
        self.uri = uri
        self.text = text
        self.version = 1
        document = {"uri": uri, "languageId": "python", "version": 1, "text": text}
        wire.say(method="textDocument/didOpen", params={"textDocument": document})

    def change(self, edits: list[tuple[int, int, str]]) -> None:
        """One notification with several changes, each on the text after the one before."""
        changes = []
        for start, length, new_text in edits:
            first = self._between_characters(min(start, len(self.text)))
            last = self._between_characters(min(first + length, len(self.text)))
            changes.append({"range": {"start": self._position(first), "end": self._position(last)}, "text": new_text})
            self.text = self.text[:first] + new_text + self.text[last:]
        self._say(changes)

    def replace(self, text: str) -> None:
        self.text = text
        self._say([{"text": text}])

    def _say(self, changes: list[dict[str, Any]]) -> None:
        self.version += 1
        document = {"uri": self.uri, "version": self.version}
        params = {"textDocument": document, "contentChanges": changes}
        self.wire.say(method="textDocument/didChange", params=params)

    def _between_characters(self, index: int) -> int:
        """No position is between the two characters of a line's end."""
        return index - 1 if self.text[index - 1 : index + 1] == "\r\n" and index else index

    def _position(self, index: int) -> dict[str, int]:
        before = self.text[:index]
        ends = list(re.finditer(r"\r\n|\n|\r", before))
        line = before[ends[-1].end() :] if ends else before
        units = len(line.encode(CODECS[self.encoding])) // UNIT_BYTES[self.encoding]
        return {"line": len(ends), "character": units}


@pytest.fixture(scope="module", params=UNIT_BYTES)
def wire(request: pytest.FixtureRequest) -> tuple[Wire, str]:
    wire = Wire()
    wire.initialize(
        workspaceFolders=[{"uri": "file:///p", "name": "p"}],
        capabilities={"general": {"positionEncodings": [request.param]}},
    )
    return wire, str(request.param)


@settings(max_examples=150)
@given(text=TEXTS, batches=st.lists(st.lists(EDITS, min_size=1, max_size=3), max_size=6), whole=st.none() | TEXTS)
async def test_the_overlay_is_the_editor_s_text(
    wire: tuple[Wire, str], text: str, batches: list[list[tuple[int, int, str]]], whole: str | None
):
    server, encoding = wire
    client = Client(server, encoding, "file:///p/typed.py", text)
    place = server.server.locate(client.uri)
    assert place is not None
    overlays = server.server.session.overlays
    for edits in batches:
        client.change(edits)
        overlay = overlays.wanted(place)
        assert overlay is not None
        assert (overlay.text, overlay.version) == (client.text, client.version)
    if whole is not None:
        client.replace(whole)
        overlay = overlays.wanted(place)
        assert overlay is not None
        assert overlay.text == whole
    closed = {"textDocument": {"uri": client.uri}}
    server.say(method="textDocument/didClose", params=closed)
    assert overlays.wanted(place) is None


async def test_a_change_after_the_end_or_within_a_character_loses_nothing():
    wire = Wire()
    wire.initialize(workspaceFolders=[{"uri": "file:///p", "name": "p"}])
    client = Client(wire, "utf-16", "file:///p/typed.py", "😀b\n")
    far = {"line": 9, "character": 9}
    client.version = 2
    change = {"range": {"start": far, "end": far}, "text": "end"}
    within = {"line": 0, "character": 1}
    inside = {"range": {"start": within, "end": within}, "text": "<"}
    params = {"textDocument": {"uri": client.uri, "version": 2}, "contentChanges": [change, inside]}
    wire.say(method="textDocument/didChange", params=params)
    place = wire.server.locate(client.uri)
    assert place is not None
    overlay = wire.server.session.overlays.wanted(place)
    assert overlay is not None
    assert overlay.text == "<😀b\nend"

"""Who calls what, as an editor walks it: items of the protocol's own kind, in the text as it is now and the editor's columns."""

from typing import Any

import pytest
from lsprotocol import converters, types
from tercet_lsp.session.folders import Place
from tercet_shared.context import Call, CallsAnswer, Coverage, DefinitionAnswer, FoundBy, Symbol
from tercet_shared.edits import Position, Range
from tercet_shared.errors import NotFound

from tests.lsp.test_features import CAPABILITIES, URI, Shown, span
from tests.lsp.test_running import HERE, Recorder, answer

CONVERTER = converters.get_converter()
WHOLE = Coverage(complete=True, files_done=1, files_total=1)
LINES = Range(start=Position(line=1, character=0), end=Position(line=3, character=0))
Y = Symbol(path="shop.py", name="Shop.y", kind="method", range=LINES, name_range=span(2, 13, 14), signature="def y()")
TOP = Symbol(path="shop.py", name="", kind="file", range=span(0, 0, 0), name_range=span(0, 0, 0), signature="shop.py")
GONE = Symbol(path="gone.py", name="z", kind="function", range=LINES, name_range=span(1, 0, 1))
FIELD = Symbol(path="shop.py", name="x", kind="field", range=LINES, name_range=span(1, 0, 1))


class Calling(Recorder):
    """A daemon that knows calls; or answers with an error."""

    fails = False

    async def definition(self, *_: object) -> DefinitionAnswer:
        return DefinitionAnswer(name="y", definitions=[Y, FIELD], found_by=FoundBy.NAMES, coverage=WHOLE)

    async def calls(self, place: Place, line: int, character: int, *, incoming: bool) -> CallsAnswer:
        self.asked.append((place.path, line, character, incoming))
        if self.fails:
            raise NotFound("There is none.")
        found = [Call(symbol=each, ranges=[span(2, 13, 14)]) for each in (Y, TOP, GONE)]
        return CallsAnswer(name="y", calls=found, coverage=WHOLE)


@pytest.fixture
async def shown() -> Shown:
    return Shown(CAPABILITIES, navigation={"enabled": True})


async def ask(shown: Shown, method: str, **params: Any) -> Any:
    """The result, once it is of the type that the protocol says."""
    given = await answer(shown, method, **params)
    CONVERTER.structure(given, types.METHOD_TO_TYPES[method][1])
    return given["result"]


async def test_it_is_off_by_default():
    assert not Shown(CAPABILITIES).wire.server.protocol.server_capabilities.call_hierarchy_provider


async def test_what_can_be_called_is_walked_both_ways(shown: Shown):
    daemon = Calling(shown)
    (item,) = await ask(shown, "textDocument/prepareCallHierarchy", **HERE)
    assert (item["name"], item["detail"], item["kind"], item["uri"]) == ("y", "Shop", types.SymbolKind.Method, URI)
    name = {"start": {"line": 2, "character": 14}, "end": {"line": 2, "character": 15}}  # after a pair of surrogates
    assert item["selectionRange"] == name
    callers = await ask(shown, "callHierarchy/incomingCalls", item=item)
    assert [(each["from"]["name"], each["fromRanges"]) for each in callers] == [("y", [name]), ("shop.py", [name])]
    called = await ask(shown, "callHierarchy/outgoingCalls", item=item)
    assert [(each["to"]["name"], each["fromRanges"]) for each in called] == [("y", [name]), ("shop.py", [name])]
    assert daemon.asked == [("shop.py", 2, 13, True), ("shop.py", 2, 13, False)]
    assert await ask(shown, "callHierarchy/incomingCalls", item=callers[1]["from"]) == []  # a file is called by nobody


async def test_where_nothing_is_known_there_are_no_calls_and_no_error(shown: Shown):
    daemon = Calling(shown)
    (item,) = await ask(shown, "textDocument/prepareCallHierarchy", **HERE)
    for uri in ("untitled:x", "file:///elsewhere/x.py", "file:///p/gone.py"):
        for method in ("incomingCalls", "outgoingCalls"):
            assert await ask(shown, f"callHierarchy/{method}", item={**item, "uri": uri}) == []
        there = {**HERE, "textDocument": {"uri": uri}}
        assert await ask(shown, "textDocument/prepareCallHierarchy", **there) == []
    daemon.fails = True
    assert await ask(shown, "callHierarchy/incomingCalls", item=item) == []
    assert await ask(shown, "callHierarchy/outgoingCalls", item=item) == []


async def test_an_item_whose_place_has_another_name_by_now_has_no_calls(shown: Shown):
    Calling(shown)
    (item,) = await ask(shown, "textDocument/prepareCallHierarchy", **HERE)
    for method in ("incomingCalls", "outgoingCalls"):
        assert await ask(shown, f"callHierarchy/{method}", item={**item, "name": "w"}) == []


@pytest.mark.parametrize("item", [None, 3, {}, {"name": "y", "kind": "odd", "uri": URI}])
async def test_what_is_no_item_is_refused(shown: Shown, item: Any):
    for method in ("callHierarchy/incomingCalls", "callHierarchy/outgoingCalls"):
        given = await answer(shown, method, item=item)
        assert given["error"]["code"] == -32602

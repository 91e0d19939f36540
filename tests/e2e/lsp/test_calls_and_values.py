"""What is off by default, in an editor that asks for it: who calls what, and what a failing test saw."""

from collections.abc import Callable, Mapping
from pathlib import Path

from lsprotocol import types

from tests.doubles.impersonated_editor import Editor, vs_code
from tests.e2e.journey import BROKEN_SHOP
from tests.e2e.lsp.conftest import TRUSTED, StartEditor, is_failing_test, is_trusted

ON = {**TRUSTED, "navigation": {"enabled": True}, "inlayHints": {"failures": True}}
TEST = BROKEN_SHOP["tests/test_cart.py"].splitlines()


async def test_calls_are_walked_and_failing_values_are_shown(
    project: Callable[[Mapping[str, str | bytes]], Path], start_editor: StartEditor
):
    root = project(BROKEN_SHOP)
    editor = await start_editor(root, vs_code(), options=ON)
    source, test = editor.open(root / "shop/discount.py"), editor.open(root / "tests/test_cart.py")
    await editor.until(lambda: is_trusted(editor))
    editor.save(source)

    caller = await editor.until(lambda: caller_of(editor, source, types.Position(0, 5)))
    line = BROKEN_SHOP["shop/cart.py"].splitlines()[4]
    assert (caller.from_.name, caller.from_.uri) == ("total", (root / "shop/cart.py").as_uri())
    assert [each.start for each in caller.from_ranges] == [types.Position(4, line.index("rate"))]
    assert await editor.until(lambda: called_by(editor, caller.from_)) == ["rate"]

    await editor.sees(test, is_failing_test)
    whole = types.Range(types.Position(0, 0), types.Position(99, 0))
    asked = types.InlayHintParams(types.TextDocumentIdentifier(test), whole)
    (hint,) = await editor.until(lambda: editor.client.text_document_inlay_hint_async(asked))
    assert hint.label == "← assert 1000 == 900"
    assert hint.position == types.Position(len(TEST) - 1, len(TEST[-1]))


async def caller_of(editor: Editor, uri: str, name: types.Position) -> types.CallHierarchyIncomingCall | None:
    """The first one, as soon as it is indexed."""
    where = types.CallHierarchyPrepareParams(types.TextDocumentIdentifier(uri), name)
    for item in await editor.client.text_document_prepare_call_hierarchy_async(where) or []:
        asked = types.CallHierarchyIncomingCallsParams(item)
        for call in await editor.client.call_hierarchy_incoming_calls_async(asked) or []:
            return call
    return None


async def called_by(editor: Editor, item: types.CallHierarchyItem) -> list[str]:
    asked = types.CallHierarchyOutgoingCallsParams(item)
    return [each.to.name for each in await editor.client.call_hierarchy_outgoing_calls_async(asked) or []]

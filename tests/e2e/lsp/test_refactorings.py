"""Refactorings as an editor's user meets them: in the menu, on text that is not saved, and nothing is written or run."""

from collections.abc import Callable, Mapping
from pathlib import Path

import pytest
from lsprotocol import types

from tests.doubles.impersonated_editor import Editor, neovim, vs_code
from tests.e2e.lsp.conftest import StartEditor

Project = Callable[[Mapping[str, str | bytes]], Path]

SAVED = "def total(prices):\n    return sum(prices)\n"
TYPED = "    # ä 😀\n    count = len(prices)\n"
AFTER = "def total(prices):\n    # ä 😀\n    count = len(prices)\n    value = sum(prices)\n    return value\n"


async def menu(editor: Editor, uri: str, where: types.Range) -> dict[str, types.CodeAction]:
    """What the user sees who opens the menu of refactorings, by title."""
    context = types.CodeActionContext(diagnostics=[], only=[types.CodeActionKind.Refactor])
    params = types.CodeActionParams(types.TextDocumentIdentifier(uri), where, context)
    found = await editor.client.text_document_code_action_async(params)
    return {each.title: each for each in found or [] if isinstance(each, types.CodeAction)}


@pytest.mark.parametrize("capabilities", [vs_code, neovim])
async def test_an_expression_of_unsaved_text_is_extracted(
    project: Project, start_editor: StartEditor, capabilities: Callable[[], types.ClientCapabilities]
):
    root = project({"shop.py": SAVED})
    editor = await start_editor(root, capabilities())
    uri = editor.open(root / "shop.py")
    editor.type(uri, 1, 0, TYPED)
    where = types.Range(types.Position(3, 11), types.Position(3, 22))

    async def offered() -> types.CodeAction | None:
        return (await menu(editor, uri, where)).get("Extract variable `value` (unverified)")

    action = await editor.until(offered)
    assert action.edit is not None
    assert editor._apply(types.ApplyWorkspaceEditParams(action.edit)).applied
    assert editor.buffers[uri].text == AFTER
    assert sorted(each.name for each in root.iterdir()) == ["shop.py"]
    assert (root / "shop.py").read_text() == SAVED

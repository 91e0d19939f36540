"""Code lenses above tests with the real server, daemon and pytest: from a test that never ran to its repair, and back."""

from collections.abc import Callable, Mapping
from pathlib import Path

from lsprotocol import types

from tests.doubles.impersonated_editor import Editor, vs_code
from tests.e2e.journey import BROKEN_SHOP
from tests.e2e.lsp.conftest import TRUSTED, StartEditor, is_proposal, is_trusted

BY_HAND = {**TRUSTED, "tests": {"run": "never"}}
FAILED, REPAIRED = "Tercet: 4 passed, 1 failed", "Tercet: 5 passed"
OUTDATED = " before a later change"


async def test_a_test_is_run_and_repaired_from_above_it(
    project: Callable[[Mapping[str, str | bytes]], Path], start_editor: StartEditor
):
    root = project(BROKEN_SHOP)
    editor = await start_editor(root, vs_code(), options=BY_HAND)
    source, test = editor.open(root / "shop/discount.py"), editor.open(root / "tests/test_cart.py")
    await editor.until(lambda: is_trusted(editor))

    (run,) = await editor.until(lambda: titled(editor, test, "Tercet: run test"))
    assert await lenses(editor, source) == []
    await press(editor, run)
    failed, repair = await editor.until(lambda: titled(editor, test, f"{FAILED} · run test"))
    assert repair.command is not None
    assert repair.command.title == "repair"

    editor.type(test, 0, 0, "# above it\n")
    moved, _ = await editor.until(lambda: titled(editor, test, f"{FAILED}{OUTDATED} · run test"))
    assert moved.range.start.line == failed.range.start.line + 1
    editor.type(test, 0, 0, "", until=(1, 0))
    await editor.until(lambda: titled(editor, test, f"{FAILED} · run test"))

    await press(editor, repair)
    proposal = await editor.sees(source, is_proposal)
    await editor.pick(source, proposal, "Tercet: apply")
    (run, _) = await editor.until(lambda: titled(editor, test, f"{FAILED}{OUTDATED} · run test"))
    await press(editor, run)
    await editor.until(lambda: titled(editor, test, f"{REPAIRED} · run test"))
    await editor.run("tercet.undo")
    await editor.until(lambda: titled(editor, test, f"{FAILED} · run test"))


async def lenses(editor: Editor, uri: str) -> list[types.CodeLens]:
    asked = types.CodeLensParams(types.TextDocumentIdentifier(uri))
    return list(await editor.client.text_document_code_lens_async(asked) or [])


async def titled(editor: Editor, uri: str, title: str) -> list[types.CodeLens]:
    """All lenses of the document, once the first of them says this."""
    found = await lenses(editor, uri)
    return found if found and found[0].command is not None and found[0].command.title == title else []


async def press(editor: Editor, lens: types.CodeLens) -> None:
    assert lens.command is not None
    await editor.run(lens.command.command, *(lens.command.arguments or []))

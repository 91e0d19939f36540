"""Applying and undoing in an editor: once, on the text that was proved, and never over the user's own edits."""

import asyncio
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest
from pygls.exceptions import JsonRpcException

from tests.doubles.impersonated_editor import neovim, vs_code
from tests.e2e.journey import BROKEN_SHOP, FIXED_LINE
from tests.e2e.lsp.conftest import TRUSTED, StartEditor, is_proposal, offered

Project = Callable[[Mapping[str, str | bytes]], Path]


async def test_a_stale_buffer_is_refused_with_a_sentence_and_undo_keeps_other_edits(
    project: Project, start_editor: StartEditor
):
    root = project(BROKEN_SHOP)
    editor = await start_editor(root, vs_code(), options=TRUSTED)
    source, proposal = await offered(editor, root)
    before = editor.buffers[source].text

    editor.type(source, 4, 0, "    # mine\n")
    assert proposal not in [each.data for each in await editor.diagnostics(source)]
    with pytest.raises(JsonRpcException, match="changed") as caught:
        await editor.run("tercet.apply", {"proposal": proposal})
    assert caught.value.data["code"] == "stale_text"
    assert editor.applied == []
    editor.type(source, 4, 0, "", until=(5, 0))
    assert editor.buffers[source].text == before

    await editor.sees(source, is_proposal)  # it was given back, and is offered again for its text
    await editor.run("tercet.apply", {"proposal": proposal})
    editor.type(source, 0, 0, "# édité 😀\n")
    undone = await editor.run("tercet.undo")
    assert undone == {"proposal": proposal, "state": "undone"}
    assert editor.buffers[source].text == "# édité 😀\n" + before


async def test_an_editor_that_edits_meanwhile_or_refuses_is_believed(project: Project, start_editor: StartEditor):
    root = project(BROKEN_SHOP)
    editor = await start_editor(root, vs_code(), options=TRUSTED)
    source, proposal = await offered(editor, root)

    editor.refuse_edits = "it is read-only"
    with pytest.raises(JsonRpcException, match="read-only"):
        await editor.run("tercet.apply", {"proposal": proposal})
    editor.refuse_edits = None

    def user_is_faster() -> None:
        editor.hold_edits = None
        editor.type(source, 0, 0, "#\n")

    editor.hold_edits = user_is_faster
    with pytest.raises(JsonRpcException, match="newer"):
        await editor.run("tercet.apply", {"proposal": proposal})
    editor.type(source, 0, 0, "", until=(1, 0))

    await editor.run("tercet.apply", {"proposal": proposal})
    assert FIXED_LINE in editor.buffers[source].text


async def test_two_editors_apply_the_same_proposal_and_exactly_one_does(project: Project, start_editor: StartEditor):
    root = project(BROKEN_SHOP)
    first = await start_editor(root, vs_code(), options=TRUSTED)
    second = await start_editor(root, neovim(), options=TRUSTED)
    source = second.open(root / "shop/discount.py")
    _, proposal = await offered(first, root)
    await second.sees(source, is_proposal)  # what one editor asked for, the other sees

    results = await asyncio.gather(
        *(each.run("tercet.apply", {"proposal": proposal}) for each in (first, second)), return_exceptions=True
    )
    winners = [editor for editor, result in zip((first, second), results, strict=True) if isinstance(result, dict)]
    refused = [result for result in results if isinstance(result, JsonRpcException)]
    assert len(winners) == len(refused) == 1
    assert refused[0].data["code"] in ("already_claimed", "conflict")
    assert FIXED_LINE in winners[0].buffers[source].text
    assert [len(each.applied) for each in (first, second)].count(1) == 1


async def test_a_closed_file_is_changed_through_the_editor_too(project: Project, start_editor: StartEditor):
    root = project(BROKEN_SHOP)
    editor = await start_editor(root, vs_code(), options=TRUSTED)
    source, proposal = await offered(editor, root)
    editor.close(source)
    await editor.run("tercet.apply", {"proposal": proposal})
    assert FIXED_LINE in editor.buffers[source].text, "the editor opened it to edit it"
    await editor.run("tercet.undo", {"proposal": proposal})
    assert editor.buffers[source].text == BROKEN_SHOP["shop/discount.py"]


async def test_an_editor_that_cannot_apply_edits_has_the_daemon_write(project: Project, start_editor: StartEditor):
    root = project(BROKEN_SHOP)
    capabilities = neovim()
    assert capabilities.workspace is not None
    capabilities.workspace.apply_edit = False
    editor = await start_editor(root, capabilities, options=TRUSTED)
    _, proposal = await offered(editor, root)
    await editor.run("tercet.apply", {"proposal": proposal})
    assert FIXED_LINE in (root / "shop/discount.py").read_text()
    assert editor.applied == []


async def test_discard_and_show(project: Project, start_editor: StartEditor):
    root = project(BROKEN_SHOP)
    editor = await start_editor(root, vs_code(), options=TRUSTED)
    source, proposal = await offered(editor, root)
    shown = await editor.run("tercet.show", {"proposal": proposal, "open": True})
    assert "```diff" in shown
    await editor.until(lambda: editor.client.shown_documents)
    document = Path(editor.client.shown_documents[0].uri.removeprefix("file://"))
    assert document.read_text() == shown
    diagnostic = await editor.sees(source, is_proposal)
    assert (await editor.pick(source, diagnostic, "Tercet: discard"))["state"] == "discarded"
    assert not [each for each in await editor.diagnostics(source) if is_proposal(each)]
    await editor.stop()
    assert not document.exists(), "nothing is left behind"

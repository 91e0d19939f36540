"""The whole way through an editor: a failing test becomes a proved change in the buffer, and undo takes it back."""

from collections.abc import Callable, Mapping
from pathlib import Path

import pytest
from lsprotocol import types

from tests.doubles.impersonated_editor import Editor, neovim, vs_code
from tests.e2e.journey import BROKEN_SHOP, FIXED_LINE
from tests.e2e.lsp.conftest import TRUSTED, StartEditor, is_failing_test, is_proposal, is_trusted

Project = Callable[[Mapping[str, str | bytes]], Path]


async def review(editor: Editor, root: Path) -> tuple[str, str]:
    """Opens the source and the test and saves: the tests run. The URIs of both."""
    source, test = editor.open(root / "shop/discount.py"), editor.open(root / "tests/test_cart.py")
    await editor.until(lambda: is_trusted(editor))
    editor.save(source)
    return source, test


@pytest.mark.parametrize("profile", [vs_code, neovim])
async def test_a_failing_test_becomes_a_proved_change_in_the_buffer(
    profile: Callable[[], types.ClientCapabilities], project: Project, start_editor: StartEditor
):
    root = project(BROKEN_SHOP)
    editor = await start_editor(root, profile(), options=TRUSTED)
    source, test = await review(editor, root)

    failing = await editor.sees(test, is_failing_test)
    suspect = await editor.sees(source, lambda each: each.code == "suspicious-line")
    assert suspect.severity == types.DiagnosticSeverity.Hint
    assert "test_total[10-900]" in await editor.hover(test, failing.range.start)

    started = await editor.pick(test, failing, "Tercet: repair this failure")
    assert started["run"].startswith("r")
    proposal = await editor.sees(source, is_proposal)
    assert "verified" in proposal.message
    assert proposal.range.start.line == 2
    evidence = await editor.hover(source, proposal.range.start)
    assert "target_tests" in evidence
    assert FIXED_LINE.strip() in evidence

    before = editor.buffers[source].text
    done = await editor.pick(source, proposal, "Tercet: apply")
    assert done["state"] == "applied"
    assert editor.buffers[source].text == before.replace("    if quantity > 10:\n", FIXED_LINE)
    assert editor.applied[0].label is not None
    assert editor.applied[0].label.startswith("Tercet: ")
    assert (root / "shop/discount.py").read_text() == before, "the buffer is the user's to save"
    await editor.until(lambda: nothing_shown(editor, source, is_proposal))
    await editor.until(lambda: nothing_shown(editor, test, is_failing_test))

    undone = await editor.run("tercet.undo", {"proposal": done["proposal"]})
    assert undone["state"] == "undone"
    assert editor.buffers[source].text == before

    (kinds,) = [each for token, each in editor.progress_kinds().items() if started["run"] in token]
    assert kinds[0] == "begin"
    assert kinds[-1] == "end"
    assert set(kinds[1:-1]) == {"report"}
    assert any("ready" in message for message in editor.messages)


async def nothing_shown(editor: Editor, uri: str, kind: Callable[[types.Diagnostic], bool]) -> bool:
    return not any(kind(each) for each in await editor.diagnostics(uri))

"""The commands that an editor's user or configuration may call, on the real daemon."""

from collections.abc import Callable, Mapping
from pathlib import Path

import pytest
from pygls.exceptions import JsonRpcException

from tests.doubles.impersonated_editor import Editor, neovim, vs_code
from tests.e2e.journey import BROKEN_SHOP
from tests.e2e.lsp.conftest import TRUSTED, StartEditor, is_trusted

Project = Callable[[Mapping[str, str | bytes]], Path]
LINT = "def greet():\n    return f'hello'\n"


async def test_what_there_is_and_what_is_missing(project: Project, start_editor: StartEditor):
    root = project(BROKEN_SHOP)
    editor = await start_editor(root, neovim(), options=TRUSTED)
    await editor.until(lambda: is_trusted(editor))
    report = await editor.run("tercet.doctor", {"open": True})
    assert report.startswith("# Tercet ")
    assert "| topic | grade |" in report
    await editor.until(lambda: any("doctor" in message for message in editor.messages))
    assert (await editor.run("tercet.index"))["state"] in ("building", "ready")
    assert (await editor.run("tercet.index", {"rebuild": True}))["workspace_id"]
    assert (await editor.run("tercet.models"))["models"] == []
    assert (await editor.run("tercet.budget"))["spent_usd"] == 0
    run = (await editor.run("tercet.review"))["run"]
    await editor.until(lambda: _said(editor.run("tercet.show", {"run": run}), "completed"))
    await editor.until(lambda: _nothing_to_cancel(editor))  # but for runs that began by themselves
    assert (await editor.run("tercet.trust", {"trusted": False})) == {"trust": "untrusted"}


async def _nothing_to_cancel(editor: Editor) -> bool:
    return await editor.run("tercet.cancel") == {"cancelled": []}


async def _said(answer: object, word: str) -> bool:
    return word in await answer  # type: ignore[misc]


async def test_a_lint_finding_is_fixed_at_once_or_fixed_and_proved(project: Project, start_editor: StartEditor):
    root = project({**BROKEN_SHOP, "shop/greeting.py": LINT, "tests/test_cart.py": "def test_ok():\n    pass\n"})
    editor = await start_editor(root, vs_code(), options=TRUSTED)
    await editor.until(lambda: is_trusted(editor))
    uri = editor.open(root / "shop/greeting.py")
    diagnostic = await editor.sees(uri, lambda each: each.code == "F541")
    quick = next(each for each in await editor.actions(uri, diagnostic) if each.title.endswith("(unverified)"))
    resolved = await editor.client.code_action_resolve_async(quick)
    assert resolved.edit is not None
    started = await editor.pick(uri, diagnostic, "Tercet: fix and prove")
    proposal = await editor.sees(uri, lambda each: each.message.startswith("Tercet proposes"))
    assert started["run"] in await editor.run("tercet.show", {"run": started["run"]})
    await editor.pick(uri, proposal, "Tercet: apply")
    assert editor.buffers[uri].text == LINT.replace("f'hello'", "'hello'")


@pytest.mark.parametrize(
    ("command", "argument", "says"),
    [
        ("tercet.fix", {"finding": "f0"}, "no longer there"),
        ("tercet.fix", {"uri": "file:///elsewhere"}, "none of the open folders"),
        ("tercet.fix", {"finding": 3}, "non-empty string"),
        ("tercet.run", {}, "Say what to do"),
        ("tercet.compare", {}, "Say which"),
        ("tercet.apply", {}, "Say which"),
        ("tercet.apply", {"proposal": "p0"}, "p0"),
        ("tercet.show", {"run": "r0"}, "r0"),
        ("tercet.undo", {}, "Nothing was applied"),
        ("tercet.cancel", {"run": "r0"}, "r0"),
    ],
)
async def test_what_cannot_be_done_is_said_in_words(
    command: str, argument: object, says: str, project: Project, start_editor: StartEditor
):
    editor = await start_editor(project(BROKEN_SHOP), vs_code(), options=TRUSTED)
    with pytest.raises(JsonRpcException, match=says):
        await editor.run(command, argument)


async def test_a_range_of_a_closed_file_cannot_be_counted(project: Project, start_editor: StartEditor):
    root = project(BROKEN_SHOP)
    editor = await start_editor(root, vs_code(), options=TRUSTED)
    await editor.until(lambda: is_trusted(editor))
    place = {"start": {"line": 0, "character": 0}, "end": {"line": 1, "character": 0}}
    source = root / "shop/discount.py"
    with pytest.raises(JsonRpcException, match="Open the file"):
        await editor.run("tercet.fix", {"uri": source.as_uri(), "range": place})
    uri = editor.open(source)
    assert "run" in await editor.run("tercet.fix", {"uri": uri, "range": place})

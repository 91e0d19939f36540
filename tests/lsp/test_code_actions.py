"""Code actions of a whole file and of any place, and the lenses at proposals; see also test_features."""

from collections.abc import Mapping
from typing import Any

import pytest
from tercet_lsp.convert.arguments import INTENTS
from tercet_lsp.features.code_actions.rewrites import REWRITES
from tercet_shared.runs import Intent

from tests.lsp.test_features import CAPABILITIES, TEXT, URI, Shown, W, change, finding, proposal, span

DISABLED = {**CAPABILITIES, "textDocument": {"codeAction": {"disabledSupport": True}}}
MENU = 1


def fixable(name: str, start: int, end: int, rule: str = "F821") -> Any:
    found = finding(name, span(2, start, end), fix=change(span(2, start, end), f"<{name}>"), fix_title=name)
    return found.model_copy(update={"rule": rule})


def texts(action: Mapping[str, Any]) -> list[str]:
    (operation,) = action["edit"]["documentChanges"]
    return [each["newText"] for each in operation["edits"]]


# -- the whole file -------------------------------------------------------------------------------------------------------


async def test_all_fixes_of_a_file_that_do_not_overlap_are_one_action():
    shown = Shown(CAPABILITIES)
    shown.found(fixable("a", 0, 4), fixable("b", 3, 6), fixable("c", 7, 8), finding("d", span(1, 0, 1)))
    (action,) = shown.actions(0, only=["source.fixAll"])
    assert "(unverified)" in action["title"]
    assert "edit" not in action
    assert texts(shown.wire.ask("codeAction/resolve", **action)) == ["<a>", "<c>"]
    shown.type(TEXT + "# more\n")
    (refused,) = shown.wire.say(id=9, method="codeAction/resolve", params=action)
    assert refused["error"]["data"]["code"] == "stale_text"


async def test_what_may_change_what_the_code_does_is_not_fixed_with_every_save():
    shown = Shown(CAPABILITIES)
    shown.found(fixable("a", 0, 4, "TC103").model_copy(update={"tool": "tercet"}), fixable("b", 5, 6))
    (action,) = shown.actions(0, only=["source.fixAll"])
    assert texts(shown.wire.ask("codeAction/resolve", **action)) == ["<b>"]


async def test_organising_imports_takes_the_fixes_about_imports_alone():
    shown = Shown({**CAPABILITIES, "textDocument": {}})
    shown.found(fixable("a", 0, 4), fixable("b", 5, 6, "I001"), fixable("c", 7, 8, "F401"))
    (action,) = shown.actions(0, only=["source.organizeImports"])
    assert texts(action) == ["<b>", "<c>"]
    assert {each["kind"] for each in shown.actions(0, only=["source"])} == {
        "source.fixAll.tercet", "source.organizeImports",
    }  # fmt: skip


async def test_a_file_with_nothing_to_fix_offers_no_fix_of_everything():
    shown = Shown(CAPABILITIES)
    shown.found(finding("a", span(2, 0, 4)), fixable("b", 0, 4))
    assert shown.actions(0, only=["source.organizeImports"]) == []
    assert shown.actions(0, only=["source.fixAll.other"]) == []


# -- any place ------------------------------------------------------------------------------------------------------------


async def test_what_can_be_asked_for_is_in_the_menu_and_not_at_every_move_of_the_cursor():
    shown = Shown(CAPABILITIES)
    assert shown.actions(1) == []
    menu = shown.actions(1, trigger=MENU)
    assert [each["title"] for each in menu] == [f"Tercet: {each.title}" for each in REWRITES]
    (arguments,) = menu[0]["command"]["arguments"]
    assert arguments == {
        "uri": URI,
        "range": {"start": {"line": 1, "character": 0}, "end": {"line": 1, "character": 99}},
    }
    assert len(shown.actions(1, only=["refactor"])) == len(REWRITES)


@pytest.mark.parametrize("shows_disabled", [True, False])
async def test_what_needs_a_model_says_so_while_there_is_none(shows_disabled: bool):
    shown = Shown(DISABLED if shows_disabled else CAPABILITIES)
    shown.session.has_model = False
    menu = shown.actions(1, trigger=MENU)
    disabled = [each for each in menu if "disabled" in each]
    if shows_disabled:
        assert [each["title"] for each in disabled] == [
            f"Tercet: {each.title}" for each in REWRITES if each.needs_model
        ]
        assert all("model" in each["disabled"]["reason"] and "command" not in each for each in disabled)
    else:
        assert len(menu) == len([each for each in REWRITES if not each.needs_model])
    shown.session.has_model = True
    assert not [each for each in shown.actions(1, trigger=MENU) if "disabled" in each]


def test_the_intents_are_those_of_the_daemon():
    assert set(INTENTS) == {each.value for each in Intent}


# -- lenses ---------------------------------------------------------------------------------------------------------------


async def test_a_proposal_has_lenses_with_its_evidence_until_the_text_moves_on():
    shown = Shown({**CAPABILITIES, "workspace": {"codeLens": {"refreshSupport": True}}})
    shown.session.mirror.put_proposal(proposal(span(2, 13, 14)))
    lenses = shown.wire.ask("textDocument/codeLens", textDocument={"uri": URI})
    assert [each["command"]["command"] for each in lenses] == ["tercet.apply", "tercet.compare", "tercet.discard"]
    assert "(verified: 2 tests)" in lenses[0]["command"]["title"]
    assert {each["range"]["start"]["line"] for each in lenses} == {2}
    assert lenses[0]["command"]["arguments"] == [{"proposal": "p1"}]
    shown.type("other\n")
    assert shown.wire.ask("textDocument/codeLens", textDocument={"uri": URI}) == []
    assert shown.wire.ask("textDocument/codeLens", textDocument={"uri": "untitled:x"}) == []
    shown.session.mirror.forget(W)

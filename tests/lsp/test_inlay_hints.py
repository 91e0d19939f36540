"""What a failing test saw, behind the line where it failed; off unless asked for, and never of another text."""

import asyncio
from typing import Any

import pytest
from tercet_shared.findings import Finding, Source

from tests.lsp.test_features import CAPABILITIES, TEXT, URI, Shown, finding, span

REFRESHED = {**CAPABILITIES, "workspace": {**CAPABILITIES["workspace"], "inlayHint": {"refreshSupport": True}}}
ON = {"inlayHints": {"failures": True}}
EVERYWHERE = {"start": {"line": 0, "character": 0}, "end": {"line": 9, "character": 0}}


def failure(name: str, message: str, line: int = 2) -> Finding:
    found = finding(name, span(line, 0, 19 if line == 2 else 5), Source.TESTS)
    return found.model_copy(update={"message": message})


def hints(shown: Shown, **place: Any) -> Any:
    return shown.wire.ask("textDocument/inlayHint", textDocument={"uri": URI}, range=EVERYWHERE, **place)


@pytest.fixture
async def shown() -> Shown:
    return Shown(CAPABILITIES, **ON)


async def test_they_are_off_by_default():
    assert not Shown(CAPABILITIES).wire.server.protocol.server_capabilities.inlay_hint_provider


async def test_what_a_test_saw_stands_behind_its_line(shown: Shown):
    shown.found(failure("a", "AssertionError: assert 0 == 10"), finding("lint", span(1, 0, 1)))
    (hint,) = hints(shown)
    assert hint["position"] == {"line": 2, "character": 21}  # in UTF-16, behind two pairs of surrogates
    assert (hint["label"], hint["tooltip"]) == ("← assert 0 == 10", "AssertionError: assert 0 == 10")


async def test_several_failures_of_a_line_share_a_hint(shown: Shown):
    shown.found(failure("a", "assert 1 == 2"), failure("b", "assert 1 == 3"), failure("c", "assert 1 == 3"))
    (hint,) = hints(shown)
    assert (hint["label"], hint["tooltip"]) == ("← assert 1 == 2 (+1)", "assert 1 == 2\nassert 1 == 3")
    shown.found(failure("a", "x" * 500))
    assert len(hints(shown)[0]["label"]) == 82


async def test_only_of_the_lines_that_are_asked_for(shown: Shown):
    shown.found(failure("a", "assert 1 == 2"), failure("b", "assert 3 == 4", line=1))
    first = {"start": {"line": 0, "character": 0}, "end": {"line": 1, "character": 0}}
    found = shown.wire.ask("textDocument/inlayHint", textDocument={"uri": URI}, range=first)
    assert [each["label"] for each in found] == ["← assert 3 == 4"]


async def test_what_was_seen_in_another_text_is_not_shown(shown: Shown):
    shown.found(failure("a", "assert 1 == 2"))
    shown.type(TEXT + "\n")
    assert hints(shown) == []
    for uri in ("untitled:x", "file:///elsewhere/x.py"):
        assert shown.wire.ask("textDocument/inlayHint", textDocument={"uri": uri}, range=EVERYWHERE) == []


async def test_a_malformed_request_is_refused(shown: Shown):
    (answer,) = shown.wire.say(id=7, method="textDocument/inlayHint", params={"textDocument": {"uri": URI}, "range": 3})
    assert answer["error"]["code"] == -32602


async def test_the_editor_asks_anew_when_tests_have_run():
    shown = Shown(REFRESHED, **ON)
    shown.found(failure("a", "assert 1 == 2"))
    async with asyncio.timeout(30):
        while not [each for each in shown.wire.sent if each.get("method") == "workspace/inlayHint/refresh"]:
            await asyncio.sleep(0.001)

"""The editor's settings while it runs, its log, and folders that are not on this machine."""

import asyncio
import logging
from typing import Any

import pytest

from tests.lsp.test_features import CAPABILITIES, Shown, finding, span

ASKS = {**CAPABILITIES, "workspace": {**CAPABILITIES["workspace"], "configuration": True}}
REGISTERS = {**ASKS, "workspace": {**ASKS["workspace"], "didChangeConfiguration": {"dynamicRegistration": True}}}


async def sent(shown: Shown, method: str) -> Any:
    """The next such message of the server that was not answered yet."""
    async with asyncio.timeout(10):
        while not (found := [each for each in shown.wire.sent if each.get("method") == method]):
            await asyncio.sleep(0.005)
    shown.wire.sent.remove(found[0])
    return found[0]


def be_ready(shown: Shown) -> None:
    for listener in shown.wire.server.on_ready:
        listener()


async def settings_become(shown: Shown, **wanted: object) -> None:
    async with asyncio.timeout(10):
        while any(getattr(shown.wire.server.settings, name) != value for name, value in wanted.items()):
            await asyncio.sleep(0.005)


async def test_settings_are_asked_for_and_again_when_they_change():
    shown = Shown(REGISTERS, hover={"symbols": False})
    be_ready(shown)
    registration = await sent(shown, "client/registerCapability")
    assert registration["params"]["registrations"][0]["method"] == "workspace/didChangeConfiguration"
    shown.wire.say(id=registration["id"], result=None)
    asked = await sent(shown, "workspace/configuration")
    assert asked["params"]["items"] == [{"section": "tercet"}]
    others = {"server": {"path": "/usr/bin/tercet-lsp"}, "tests": {"run": "never"}, "trust": None}
    shown.wire.say(id=asked["id"], result=[others])
    await settings_become(shown, tests_run="never", hover_symbols=False)

    shown.wire.say(method="workspace/didChangeConfiguration", params={"settings": None})
    asked = await sent(shown, "workspace/configuration")
    shown.wire.say(id=asked["id"], result=[{}])
    await settings_become(shown, tests_run="onSave", hover_symbols=False)


async def test_settings_that_are_pushed_are_heeded_and_what_is_wrong_is_said():
    shown = Shown(CAPABILITIES)
    problems: list[str] = []
    shown.session.on_problem.append(problems.append)
    shown.found(finding("y", span(2, 13, 14)))
    assert len(shown.pull()["items"]) == 1
    sources = {"tercet": {"diagnostics": {"sources": ["tests"]}, "tests": {"run": 3}}}
    shown.wire.say(method="workspace/didChangeConfiguration", params={"settings": sources})
    await settings_become(shown, diagnostics_sources=frozenset({"tests"}))
    assert shown.pull()["items"] == []
    await sent(shown, "workspace/diagnostic/refresh")
    assert ["tests.run" in each for each in problems] == [True]
    shown.wire.say(method="workspace/didChangeConfiguration", params={"settings": []})
    assert shown.wire.server.settings.diagnostics_sources == frozenset({"tests"})


async def test_a_folder_s_own_settings_do_not_make_it_trusted():
    shown = Shown(ASKS, trust="untrusted")
    be_ready(shown)
    asked = await sent(shown, "workspace/configuration")
    shown.wire.say(id=asked["id"], result=[{"trust": "trusted", "tests": {"run": "never"}}])
    await settings_become(shown, tests_run="never", trust="untrusted")
    pushed = {"tercet": {"trust": "trusted", "tests": {"run": "onSave"}}}
    shown.wire.say(method="workspace/didChangeConfiguration", params={"settings": pushed})
    asked = await sent(shown, "workspace/configuration")
    shown.wire.say(id=asked["id"], result=[pushed["tercet"]])
    await settings_become(shown, tests_run="onSave", trust="untrusted")
    assert shown.session.trust != "trusted"


async def test_an_editor_that_does_not_tell_its_settings_keeps_the_first_ones():
    shown = Shown(ASKS, tests={"run": "never"})
    be_ready(shown)
    asked = await sent(shown, "workspace/configuration")
    shown.wire.say(id=asked["id"], error={"code": -32601, "message": "unknown"})
    await asyncio.sleep(0.01)
    assert shown.wire.server.settings.tests_run == "never"


@pytest.mark.parametrize(
    ("level", "heard"), [("off", []), ("error", [1]), ("warning", [1, 2]), ("debug", [1, 2, 3, 4])]
)
async def test_the_editor_s_log_has_what_it_asks_for(level: str, heard: list[int]):
    shown = Shown(CAPABILITIES, log={"level": level})
    logger = logging.getLogger("tercet_lsp.anything")
    before = logging.getLogger("tercet_lsp").level
    be_ready(shown)
    try:
        for each in (logging.ERROR, logging.WARNING, logging.INFO, logging.DEBUG):
            logger.log(each, "said at %d", each)
        await asyncio.sleep(0.01)
        logs = [each["params"] for each in shown.wire.sent if each.get("method") == "window/logMessage"]
        assert [each["type"] if each["type"] < 5 else 4 for each in logs if "said at" in each["message"]] == heard
    finally:
        for listener in shown.wire.server.on_closed:
            listener()
        logging.getLogger("tercet_lsp").setLevel(before)


async def test_a_folder_of_another_machine_is_refused_with_a_sentence():
    shown = Shown(CAPABILITIES)
    problems: list[str] = []
    shown.session.on_problem.append(problems.append)
    event = {"added": [{"uri": "vscode-vfs://github/a/b", "name": "b"}], "removed": []}
    shown.wire.say(method="workspace/didChangeWorkspaceFolders", params={"event": event})
    assert ["vscode-vfs://github/a/b" in each and "this machine" in each for each in problems] == [True]
    assert [each.uri for each in shown.session.folders] == ["file:///p"]
    assert shown.session.folders.workspace(shown.folder) is not None

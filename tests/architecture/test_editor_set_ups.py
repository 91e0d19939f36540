"""The set-ups of docs/editors.md that no editor tries here name every language of the catalogue and can be read."""

import json
import re
import tomllib

from tercet_server.languages import languages

from tests.e2e.lsp.headless import documented

NAMES = {each.name for each in languages()}


def test_emacs_manages_every_language():
    called = {"bash": "sh", "cpp": "c++", "javascript": "js", "tsx": "tsx-ts"}
    modes = set(re.findall(r"[\w+-]+-mode\b", documented("Emacs")))
    assert {f"{called.get(each, each)}-mode" for each in NAMES} <= modes


def test_helix_asks_tercet_in_every_language():
    called = {"csharp": "c-sharp"}
    page = tomllib.loads(documented("Helix"))
    assert page["language-server"] == {"tercet": {"command": "tercet-lsp"}}
    asked = {each["name"] for each in page["language"] if "tercet" in each["language-servers"]}
    assert asked == {called.get(each, each) for each in NAMES} | {"jsx"}


def test_kate_asks_tercet_in_every_language():
    servers = json.loads(documented("Kate"))["servers"]
    own = servers.pop("tercet")
    assert own["command"] == ["tercet-lsp"]
    assert servers == {each: {"use": "tercet"} for each in NAMES - {"tsx"}}
    modes = re.compile(own["highlightingModeRegex"])
    assert [each.title for each in languages() if not modes.match(each.title)] == ["TSX"]
    assert modes.match("TypeScript React (TSX)")


def test_sublime_text_s_settings_can_be_read():
    (client,) = json.loads(documented("Sublime Text"))["clients"].values()
    assert client["command"] == ["tercet-lsp"]


def test_jetbrains_mapping_has_every_file_name():
    patterns = documented("JetBrains").strip().split(";")
    suffixes = {f"*{suffix}" for each in languages() for suffix in each.suffixes}
    assert set(patterns) == suffixes | {name for each in languages() for name in each.file_names}

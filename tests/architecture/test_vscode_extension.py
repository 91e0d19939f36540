"""The Visual Studio Code extension declares what the language server has, and nothing is typed twice."""

import json
from pathlib import Path
from typing import Any

from tercet_lsp.convert.arguments import Command
from tercet_lsp.settings import OPTIONS
from tercet_shared.discovery import installed_version

EXTENSION = Path(__file__).parents[2] / "vscode-extension"

KNOWN_BY_THE_EDITOR = {"trust", "interpreter"}
"""Options whose value VS Code knows itself, or that the extension finds out."""


def _manifest() -> dict[str, Any]:
    return json.loads((EXTENSION / "package.json").read_text("utf-8"))


def test_the_extension_declares_exactly_the_language_servers_commands() -> None:
    """`tercet.fix` is the server's, `tercet.server.restart` (three parts) the extension's own."""
    declared = {each["command"] for each in _manifest()["contributes"]["commands"]}
    assert {name for name in declared if name.count(".") == 1} == {each.value for each in Command}, (
        "add the command to vscode-extension/package.json: contributes.commands"
    )


def test_every_option_of_the_language_server_is_a_setting() -> None:
    declared = _manifest()["contributes"]["configuration"]["properties"]
    missing = {f"tercet.{name}" for name in OPTIONS if name not in KNOWN_BY_THE_EDITOR} - declared.keys()
    assert not missing, "add them to vscode-extension/package.json: contributes.configuration.properties"


def test_versions_go_together() -> None:
    assert _manifest()["version"] == installed_version()


def test_what_the_extension_adds_of_its_own_is_documented() -> None:
    """The language server's commands and options stand in docs/editors.md; the extension's README tells the rest."""
    page, contributes = (EXTENSION / "README.md").read_text("utf-8"), _manifest()["contributes"]
    titles = {each["title"] for each in contributes["commands"] if each["command"].count(".") > 1}
    assert not {title for title in titles if f"*{title}*" not in page}
    settings = contributes["configuration"]["properties"].keys() - {f"tercet.{name}" for name in OPTIONS}
    assert not {name for name in settings | {"tercet.interpreter"} if f"`{name}`" not in page}


def test_the_lock_names_no_registry_and_every_package_by_its_hash() -> None:
    for lock in (EXTENSION, *(EXTENSION / "test" / "workbench").glob("*est")):
        packages = json.loads((lock / "package-lock.json").read_text("utf-8"))["packages"]
        named = {name: each for name, each in packages.items() if name and not each.get("inBundle")}
        assert named
        assert not [name for name, each in named.items() if "resolved" in each or "integrity" not in each]


def test_the_extension_stays_small() -> None:
    lines = [
        path.read_text("utf-8").count("\n") for path in (EXTENSION / "src").rglob("*.ts") if path.name != "contract.ts"
    ]
    assert sum(lines) < 2000
    assert max(lines) <= 400

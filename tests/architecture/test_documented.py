"""Whatever a person or program can use is documented: settings, commands, endpoints, events, errors, exit codes."""

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import typer.main
from tercet_lsp.convert.arguments import Command
from tercet_lsp.settings import OPTIONS
from tercet_server.cli.exits import OF_ERROR, Exit
from tercet_server.cli.main import app
from tercet_server.edits.refusal import Reason
from tercet_server.languages import languages
from tercet_shared.errors import all_errors
from tercet_shared.events import EventType
from tercet_shared.proposals import ProposalState
from tercet_shared.runs import RunState

REPOSITORY = Path(__file__).parents[2]
DOCS = REPOSITORY / "docs"


def page(name: str) -> str:
    return (DOCS / name).read_text("utf-8")


def test_the_settings_page_is_what_the_settings_say():
    check = [sys.executable, str(REPOSITORY / "scripts" / "generate_configuration_page.py"), "--check"]
    assert subprocess.run(check, check=False).returncode == 0, "run `make schema`"


def commands(group: object, prefix: str) -> Iterator[tuple[str, object]]:
    for name, command in group.commands.items():  # type: ignore[attr-defined]
        if hasattr(command, "commands"):
            yield from commands(command, f"{prefix} {name}")
        else:
            yield f"{prefix} {name}", command


def options(command: object) -> set[str]:
    return {name for each in command.params for name in each.opts if name.startswith("-")} - {"--help"}  # type: ignore[attr-defined]


COMMANDS = dict(commands(typer.main.get_command(app), "tercet"))


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_and_option_is_documented(name: str):
    assert f"`{name}" in page("cli.md")
    assert not {each for each in options(COMMANDS[name]) if f"`{each}" not in page("cli.md")}


def test_every_error_is_documented_and_has_an_exit_code():
    codes = {each.code for each in all_errors()}
    assert codes == set(re.findall(r"^\| `(\w+)` \|", page("errors.md"), re.MULTILINE))
    assert set(OF_ERROR) == set(all_errors())


def test_every_reason_of_a_refused_edit_is_documented():
    assert {str(each) for each in Reason} == set(re.findall(r"^- `(\w+)`: ", page("errors.md"), re.MULTILINE))


@pytest.mark.parametrize("error", all_errors())
def test_the_exit_codes_table_agrees_with_the_code(error):
    row = re.search(rf"^\| {OF_ERROR[error].value} \|.*$", page("cli.md"), re.MULTILINE)
    assert row is not None
    assert f"`{error.code}`" in row[0]


def test_every_exit_code_is_documented():
    assert {int(code) for code in re.findall(r"^\| (\d+) \|", page("cli.md"), re.MULTILINE)} == set(Exit)


def test_retryable_is_documented_as_it_is():
    rows = dict(re.findall(r"^\| `(\w+)` \| (yes|no) \|", page("errors.md"), re.MULTILINE))
    assert rows == {each.code: "yes" if each.retryable else "no" for each in all_errors()}


def test_every_event_and_state_is_documented():
    assert {each.value for each in EventType} == set(re.findall(r"^\| `([\w.]+)` \|", page("events.md"), re.MULTILINE))
    for state in (*RunState, *ProposalState):
        assert f"`{state.value}`" in page("events.md")


def endpoints() -> set[str]:
    paths = json.loads(page("schema/openapi.json"))["paths"]
    return {
        f"{method.upper()} {path.removeprefix('/api/v1')}"
        for path, methods in paths.items()
        for method in methods
        if method in {"get", "put", "post", "delete", "patch"}
    }


def test_every_endpoint_is_documented():
    assert endpoints() == set(re.findall(r"^\| `([A-Z]+ /[^`]*)` \|", page("api.md"), re.MULTILINE))


def test_every_option_of_the_language_server_is_documented():
    assert set(OPTIONS) <= set(re.findall(r"^\| `([\w.]+)` \|", page("editors.md"), re.MULTILINE))


def test_every_command_of_the_language_server_is_documented():
    assert {each.value for each in Command} == set(
        re.findall(r"^\| `(tercet\.\w+)` \|", page("editors.md"), re.MULTILINE)
    )


@pytest.mark.parametrize("source", [*sorted(DOCS.glob("*.md")), REPOSITORY / "README.md"], ids=lambda path: path.name)
def test_no_link_is_dead(source: Path):
    links = re.findall(r"\]\((?!https?:|#)([^)#]+)", source.read_text("utf-8"))
    assert not [link for link in links if not (source.parent / link).exists()]


def test_the_languages_page_lists_the_catalogue():
    rows = re.findall(r"^\| (\S+) \| (`.*`) \| (always|of changes) \|$", page("languages.md"), re.MULTILINE)
    assert {title: (set(re.findall(r"`([^`]+)`", files)), checked) for title, files, checked in rows} == {
        each.title: (
            {*each.suffixes, *each.file_names},
            each.syntax_check if each.syntax_check == "always" else "of changes",
        )
        for each in languages()
    }

"""Which edits of settings are told beside the gate that they would have set."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tercet_server.checks.gates import told_of_settings
from tercet_shared.edits import FileTexts
from tercet_shared.proposals import Check, CheckName, CheckStatus

CODE = FileTexts("shop/cart/a.py", "x = 1\n", "x = 2\n")
BY_RUFF = {CheckName.LINT, CheckName.COMPLEXITY, CheckName.SECURITY}
EVERY = {*BY_RUFF, CheckName.COVERAGE, CheckName.SECRETS, CheckName.DEPENDENCIES}


def told(*texts: FileTexts) -> dict[CheckName, str]:
    """Gate → what is said of the settings, where something is."""
    found = {}
    for name in EVERY:
        check = Check(name=name, tool="double", status=CheckStatus.PASSED, summary="Met.")
        if said := told_of_settings(check, texts).summary.removeprefix("Met."):
            found[name] = said
    return found


@pytest.mark.parametrize(
    ("path", "before", "after", "gates"),
    [
        ("ruff.toml", None, "", BY_RUFF),
        ("shop/.ruff.toml", "", "line-length = 9\n", BY_RUFF),
        ("shop/cart/pyproject.toml", "", "[tool.ruff]\nline-length = 9\n", BY_RUFF),
        ("pyproject.toml", "[tool.ruff]\n", "[tool.ruff.lint]\nignore = []\n", BY_RUFF),
        ("pyproject.toml", "[tool.coverage.run]\nomit = []\n", "", {CheckName.COVERAGE}),
        ("pyproject.toml", "[project]\nname = 'a'\n", "[project]\nname = 'b'\n", set()),
        ("pyproject.toml", "[project", "[project]\n", BY_RUFF | {CheckName.COVERAGE}),
        ("pyproject.toml", "tool = 1\n", "tool = 2\n", set()),
        ("other/ruff.toml", "", "line-length = 9\n", set()),
        ("docs/ruff.toml", "", "line-length = 9\n", set()),
        ("setup.cfg", "[coverage:run]\n", "", {CheckName.COVERAGE}),
        ("setup.cfg", "[metadata]\n", "", set()),
        (".coveragerc", None, "[run]\n", {CheckName.COVERAGE}),
        ("tercet.toml", "", "[gates]\nsecrets = 'off'\n", EVERY),
        ("tercet.toml", "", "[run]\nworkers = 1\n", set()),
        ("shop/tercet.toml", "", "[gates]\nsecrets = 'off'\n", set()),
    ],
)
def test_each_gate_tells_of_its_own_settings(path: str, before: str | None, after: str, gates: set[CheckName]):
    said = told(CODE, FileTexts(path, before, after))
    assert set(said) == gates
    assert all(each.endswith(f"were not heeded: {path}.") for each in said.values())


@given(st.text(), st.sampled_from(["pyproject.toml", "tercet.toml", "setup.cfg", ".coveragerc"]))
def test_odd_settings_break_nothing(text: str, path: str):
    assert told(CODE, FileTexts(path, text, text + "\n[")) is not None


def test_deeply_nested_settings_break_nothing():
    assert set(told(CODE, FileTexts("tercet.toml", "", "a = " + "[" * 100_000))) == EVERY

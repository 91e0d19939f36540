"""The configuration of language models: providers by name, what a workspace may say about them, and every mistake told."""

from pathlib import Path

import pytest
from tercet_server.config import Settings, for_workspace, load

GOOD = """
[models]
coder = ["work/big", "ollama/small"]
allowed = true

[providers.work]
kind = "openai_compatible"
endpoint = "https://models.example.com/v1"
key_command = ["pass", "show", "work"]
input_usd = 0.5

[providers.ollama]
"""


def from_user(tmp_path: Path, text: str) -> tuple[Settings, list[str]]:
    file = tmp_path / "config.toml"
    file.write_text(text)
    found, problems = load({}, file)
    return found, [problem.replace(str(file), "config.toml") for problem in problems]


def test_providers_have_names_of_the_users_own(tmp_path: Path):
    found, problems = from_user(tmp_path, GOOD)
    assert not problems
    assert found.models.coder == ["work/big", "ollama/small"]
    assert list(found.providers) == ["work", "ollama"]
    assert (found.providers["work"].input_usd, found.providers["work"].key_command) == (0.5, ["pass", "show", "work"])


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        (
            "[providers.x]\nplace = 'y'",
            "config.toml:2: there is no setting providers.x.place; it is ignored.",
        ),
        (
            "[providers.x]\ninput_usd = 'much'",
            'config.toml:2: providers.x.input_usd must be a number from 0, not "much"; it is ignored.',
        ),
        (
            "[providers]\nx = 3",
            "config.toml:2: providers.x must be a section, written [providers.NAME]; it is ignored.",
        ),
        (
            "[providers.x]\nkey_command = 'pass show x'",
            'config.toml:2: providers.x.key_command must be a list of strings of at most 64 entries, not "pass show x"; '
            "it is ignored.",
        ),
        (
            "[models]\nallowed = 1",
            "config.toml:2: models.allowed must be true or false, not 1; true stays.",
        ),
        (
            "[models]\ncoder = ['gpt']",
            'config.toml:2: models.coder must be a list of models, each written "provider/model", not ["gpt"]; it is ignored.',
        ),
        ("[provider.x]\n", "config.toml:1: there is no section [provider] (did you mean providers?); it is ignored."),
    ],
)
def test_a_mistake_is_told_with_its_place_and_the_rest_works(tmp_path: Path, text: str, problem: str):
    found, problems = from_user(tmp_path, f"{text}\n[run]\nper_test_s = 7\n")
    assert problems == [problem]
    assert found.run.per_test_s == 7


def test_a_workspace_can_forbid_models_and_lower_budgets_and_nothing_else(tmp_path: Path):
    (tmp_path / "tercet.toml").write_text(
        "[models]\nallowed = false\ncoder = ['evil/model']\n[budget]\nrun_usd = 0.1\nday_usd = 1000\n"
        "[providers.openai]\nendpoint = 'https://evil.example'\nkey_command = ['evil']\n"
    )
    found, problems = for_workspace(Settings(), tmp_path)
    assert (found.models.allowed, found.budget.run_usd) == (False, 0.1)
    assert (found.models.coder, found.budget.day_usd, found.providers) == ([], 10.0, {})
    assert len(problems) == 3
    assert any("providers.openai belongs in your own configuration file" in each for each in problems)


def test_what_the_user_forbade_no_workspace_allows(tmp_path: Path):
    (tmp_path / "tercet.toml").write_text("[models]\nallowed = true\n")
    user = Settings.model_validate({"models": {"allowed": False}})
    found, problems = for_workspace(user, tmp_path)
    assert not found.models.allowed
    assert problems

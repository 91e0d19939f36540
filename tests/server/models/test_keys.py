"""Where keys are looked for, that they are kept in memory alone, and that what is missing is said with where to put it."""

import sys
from collections.abc import Mapping

import keyring
import pytest
from keyring.backend import KeyringBackend
from tercet_server.config import ProviderSettings, Settings
from tercet_server.models.catalogue import known_kinds, spec
from tercet_server.models.keys import MASK, NO_KEY, Keys
from tercet_shared.errors import NoModel

KEY = "sk-0123456789"


def provider(name: str = "openai", **settings: object):
    given = Settings(providers={name: ProviderSettings.model_validate(settings)})
    return spec(f"{name}/any", given).provider


async def key_of(environ: Mapping[str, str] | None = None, name: str = "openai", **settings: object) -> str:
    return await Keys(environ or {}).key(provider(name, **settings))


@pytest.fixture(autouse=True)
def _catalogue_is_read() -> None:
    known_kinds()


async def test_the_environment_has_it():
    assert await key_of({"OPENAI_API_KEY": f" {KEY}\n"}) == KEY
    assert await key_of({"MINE": KEY, "OPENAI_API_KEY": "other"}, key_env="MINE") == KEY


async def test_what_is_missing_is_said_with_where_to_put_it():
    with pytest.raises(NoModel, match="ANTHROPIC_API_KEY is not set") as raised:
        await key_of({"OPENAI_API_KEY": KEY}, "anthropic")
    assert KEY not in str(raised.value)


async def test_a_key_of_any_form_is_masked():
    keys = Keys({"OPENAI_API_KEY": '{"not": "of AWS"}'})
    await keys.key(provider())
    assert keys.masked('it says {"not": "of AWS"}.') == f"it says {MASK}."


async def test_no_key_is_borrowed_for_a_server_that_needs_none():
    assert await key_of({"OPENAI_API_KEY": KEY}, "vllm") == NO_KEY


def printing(code: str) -> list[str]:
    return [sys.executable, "-c", code]


async def test_a_command_prints_it():
    assert await key_of(key_command=printing(f"print('{KEY}')")) == KEY


@pytest.mark.parametrize(
    ("command", "why"),
    [
        (printing("print('a'); print('b')"), "must print one line"),
        (printing(f"print('{KEY}'); raise SystemExit(3)"), "exited with 3"),
        (["/nowhere/at/all"], "cannot be run"),
        (["a\0b"], "cannot be run"),
    ],
)
async def test_a_command_that_fails_is_named_without_what_it_printed(command: list[str], why: str):
    with pytest.raises(NoModel, match=why) as raised:
        await key_of(key_command=command)
    assert KEY not in str(raised.value)


class Store(KeyringBackend):
    priority = 1  # type: ignore[assignment]

    def get_password(self, service: str, username: str) -> str | None:
        return {("tercet", "me"): KEY}.get((service, username))

    def set_password(self, service: str, username: str, password: str) -> None: ...
    def delete_password(self, service: str, username: str) -> None: ...


async def test_the_systems_key_store_has_it():
    before = keyring.get_keyring()
    keyring.set_keyring(Store())
    try:
        assert await key_of(key_keyring="tercet/me") == KEY
        with pytest.raises(NoModel, match="keyring set tercet you"):
            await key_of(key_keyring="tercet/you")
    finally:
        keyring.set_keyring(before)


async def test_a_key_is_looked_up_once_until_the_vendor_refuses_it():
    environ = {"OPENAI_API_KEY": KEY}
    keys = Keys(environ)
    assert await keys.key(provider()) == KEY
    environ["OPENAI_API_KEY"] = "sk-renewed-key"
    assert await keys.key(provider()) == KEY
    keys.forget(provider())
    assert await keys.key(provider()) == "sk-renewed-key"
    assert keys.masked("a sk-renewed-key b") == f"a {MASK} b"
    assert keys.masked(KEY) == MASK, "an error may still name the key before"


@pytest.mark.parametrize(
    ("name", "settings", "why"),
    [
        ("unheard_of", {}, r"\[providers.unheard_of\]"),
        ("azure", {}, r"providers\.azure\.endpoint"),
        ("mine", {"kind": "openai_compatible"}, r"providers\.mine\.endpoint"),
        ("vllm", {"endpoint": "file:///etc/passwd"}, "http or https"),
    ],
)
def test_a_provider_that_cannot_be_reached_says_what_to_set(name: str, settings: dict[str, object], why: str):
    with pytest.raises(NoModel, match=why):
        provider(name, **settings)


@pytest.mark.parametrize("kind", known_kinds())
def test_every_known_vendor_is_configured_by_its_name(kind: str):
    found = provider(kind, endpoint="https://example.invalid/api/")
    assert (found.kind, found.endpoint) == (kind, "https://example.invalid/api")

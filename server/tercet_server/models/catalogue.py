"""Which models are configured, and how each is reached: the user's settings over what is known of the vendors."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

from tercet_shared.errors import NoModel

from tercet_server.config import ProviderSettings, Settings
from tercet_server.models import aws


@dataclass(frozen=True)
class Provider:
    """One vendor or server. `key_env` is empty where no key is needed."""

    name: str
    kind: str
    prefix: str
    endpoint: str
    key_env: str
    free: bool
    settings: ProviderSettings

    @property
    def needs_key(self) -> bool:
        chosen = self.settings
        return bool(self.key_env or chosen.key_env or chosen.key_keyring or chosen.key_command)


@dataclass(frozen=True)
class ModelSpec:
    """One model of one provider, called "provider/model"."""

    name: str
    model: str
    provider: Provider


def spec(name: str, settings: Settings) -> ModelSpec:
    """The model called "provider/model". Raises NoModel with what to set."""
    provider, _, model = name.partition("/")
    return ModelSpec(name, model, _provider(provider, settings.providers))


def known_kinds() -> Mapping[str, Mapping[str, Any]]:
    """The vendors that are known, as data."""
    return _known()


def _provider(name: str, configured: Mapping[str, ProviderSettings]) -> Provider:
    settings = configured.get(name) or ProviderSettings()
    kind = settings.kind or name
    known = _known().get(kind)
    if known is None:
        raise NoModel(
            f"There is no provider {name!r}. Add a section [providers.{name}] with its kind to your configuration file,"
            f" or use one of: {', '.join(_known())}."
        )
    endpoint = settings.endpoint or known.get("endpoint", "")
    if kind == aws.KIND:
        endpoint = _of_region(name, settings)
    if not endpoint:
        raise NoModel(f"The provider {name!r} needs an endpoint: set providers.{name}.endpoint to its URL.")
    if endpoint and not endpoint.startswith(("http://", "https://")):
        raise NoModel(f"providers.{name}.endpoint must be an http or https URL, not {endpoint!r}.")
    return Provider(
        name=name,
        kind=kind,
        prefix=known["prefix"],
        endpoint=endpoint.rstrip("/"),
        key_env=known.get("key_env", ""),
        free=bool(known.get("free", False)),
        settings=settings,
    )


def _of_region(name: str, settings: ProviderSettings) -> str:
    if settings.endpoint and not settings.region:  # enough for a bearer token
        return settings.endpoint
    try:
        usual = aws.endpoint(settings.region)
    except ValueError:
        raise NoModel(
            f"The provider {name!r} needs a region of AWS, such as eu-central-1: set providers.{name}.region"
            f" (it is {settings.region!r})."
        ) from None
    return settings.endpoint or usual


@cache
def _known() -> dict[str, dict[str, Any]]:
    text = files("tercet_server.models").joinpath("providers.toml").read_text("utf-8")
    return tomllib.loads(text)

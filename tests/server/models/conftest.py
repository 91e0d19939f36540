"""One configured model against the loopback vendor, in each of the wire formats."""

import asyncio

import pytest
from tercet_server.config import ProviderSettings, Settings
from tercet_server.models.catalogue import known_kinds, spec
from tercet_server.models.keys import Keys
from tercet_server.models.library import load
from tercet_server.models.vendor import VendorModel
from tercet_server.ports import ask

from tests.doubles.scripted_model import asked
from tests.doubles.vendor import Says, Vendor

REGION = "eu-central-1"
KEY = "sk-loopback-0123456789abcdef"
BEDROCK_MODEL = "eu.anthropic.claude-sonnet-4-5-20250929-v1:0"
BASES = {
    "openai": "/v1",
    "anthropic": "",
    "ollama": "",
    "openai_compatible": "/v1",
    "mistral": "/v1",
    "deepseek": "/v1",
    "google": "/v1beta",
    "bedrock": "",
}


def settings_for(vendor: Vendor, kind: str = "openai", **more: object) -> Settings:
    provider = ProviderSettings(kind=kind, endpoint=vendor.url + BASES[kind], key_env="LOOPBACK_KEY", region=REGION)  # type: ignore[arg-type]
    return Settings.model_validate({"providers": {"loop": provider}, **more})


def vendor_model(vendor: Vendor, kind: str = "openai", stall_s: float = 20.0, model: str = "gpt-4o") -> VendorModel:
    if kind == "responses":
        kind, model = "openai", f"responses/{model}"
    if kind == "google":
        model = "gemini-2.5-pro"
    if kind == "bedrock":
        model = BEDROCK_MODEL
    return VendorModel(spec(f"loop/{model}", settings_for(vendor, kind)), Keys({"LOOPBACK_KEY": KEY}), stall_s)


@pytest.fixture(scope="session", autouse=True)
def _library() -> None:
    """Loaded once, here, so that no test's deadline pays for it."""
    load()
    known_kinds()
    with Vendor([Says("ready")]) as vendor:  # the vendors' loop and its first connection
        asyncio.run(ask(vendor_model(vendor), asked()))

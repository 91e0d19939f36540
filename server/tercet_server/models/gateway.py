"""Puts the configured models together: redaction over routing over failover over metering over the vendors."""

import time
from collections.abc import AsyncGenerator, Mapping
from contextlib import aclosing
from dataclasses import dataclass

from tercet_shared.errors import NoModel, TercetError

from tercet_server.config import Settings
from tercet_server.models.breaker import Breaker
from tercet_server.models.catalogue import ModelSpec, spec
from tercet_server.models.failover import FailoverModel, Member
from tercet_server.models.keys import Keys
from tercet_server.models.library import HOW_TO_ADD, is_installed, litellm
from tercet_server.models.metered import MeteredModel
from tercet_server.models.redaction import RedactingModel
from tercet_server.models.routing import RoutedModel
from tercet_server.models.vendor import VendorModel
from tercet_server.ports import Delta, Duty, Model, ModelRequest, Reply, Spending


@dataclass(frozen=True)
class ModelStatus:
    """One configured model: whether it could be asked, and if not why. Never any of its key."""

    name: str
    endpoint: str
    problem: str = ""


class Gateway:
    """Every configured model, acting as one. Nothing is loaded, resolved or connected before it is asked."""

    name = "gateway"

    def __init__(self, model: Model, specs: Mapping[str, ModelSpec | TercetError], keys: Keys) -> None:
        self._model = model
        self._specs = specs
        self._keys = keys

    async def stream(self, request: ModelRequest) -> AsyncGenerator[Delta | Reply, None]:
        """See `ports.Model`. Raises NoModel if the extra is not installed."""
        await litellm()  # before any deadline begins to run
        async with aclosing(self._model.stream(request)) as stream:
            async for item in stream:
                yield item

    async def statuses(self) -> list[ModelStatus]:
        """Looks every key up, asks no vendor anything."""
        return [await self._status(name, each) for name, each in self._specs.items()]

    async def _status(self, name: str, found: ModelSpec | TercetError) -> ModelStatus:
        if isinstance(found, TercetError):
            return ModelStatus(name, "", found.sentence)
        if not is_installed():
            return ModelStatus(name, found.provider.endpoint, HOW_TO_ADD)
        try:
            await self._keys.key(found.provider)
        except TercetError as error:
            return ModelStatus(name, found.provider.endpoint, error.sentence)
        return ModelStatus(name, found.provider.endpoint)


def open_gateway(settings: Settings, spending: Spending, environ: Mapping[str, str]) -> Gateway | None:
    """None if no model is configured: then nothing of this package does anything."""
    chosen = settings.models
    lists = {Duty.PLANNER: chosen.planner, Duty.CODER: chosen.coder, Duty.CRITIQUE: chosen.critique}
    names = dict.fromkeys(name for each in lists.values() for name in each)
    if not names or not chosen.allowed:
        return None
    keys = Keys(environ)
    specs = {name: _spec(name, settings) for name in names}
    members = {
        name: _member(each, keys, settings, spending) for name, each in specs.items() if isinstance(each, ModelSpec)
    }
    by_duty: dict[Duty, Model] = {}
    for duty, wanted in lists.items():
        usable = [members[name] for name in (wanted or chosen.coder) if name in members]
        if usable:
            by_duty[duty] = FailoverModel(usable, chosen.rounds)
    return Gateway(RedactingModel(RoutedModel(by_duty)), specs, keys)


def _spec(name: str, settings: Settings) -> ModelSpec | TercetError:
    try:
        return spec(name, settings)
    except NoModel as error:
        return error


def _member(each: ModelSpec, keys: Keys, settings: Settings, spending: Spending) -> Member:
    vendor = VendorModel(each, keys, settings.models.stall_s)
    return Member(MeteredModel(vendor, each, spending), Breaker(settings.models.rest_s, time.monotonic))

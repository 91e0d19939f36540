"""Makes the daemon's application of the API and the assembled services."""

import asyncio
import secrets
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path

from fastapi import FastAPI
from tercet_shared.discovery import installed_version

from tercet_server.api import Access, DaemonState, Services, build_api
from tercet_server.config import Settings


def create_app(
    settings: Settings, home: Path, *, access: Access | None = None, problems: Sequence[str] = ()
) -> FastAPI:
    """The daemon's application. Its services assemble in the background of its lifespan, while health is answered already.

    `problems` are what is wrong with the configuration, for the doctor. Without `access` nobody has the token.
    """

    async def assemble() -> Services:
        parts = await asyncio.to_thread(import_module, "tercet_server.app.assembly")  # the slower half of the start
        services: Services = await parts.assemble(settings, home, problems)
        return services

    state = DaemonState(installed_version(), assemble)
    return build_api(state, access or Access.over_socket(secrets.token_urlsafe(32)))

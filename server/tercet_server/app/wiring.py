"""Makes the daemon's application of the API and the assembled services."""

import secrets
from collections.abc import Sequence
from pathlib import Path

from fastapi import FastAPI
from tercet_shared.discovery import installed_version

from tercet_server.api import Access, DaemonState, Services, build_api
from tercet_server.app.assembly import assemble
from tercet_server.config import Settings
from tercet_server.runs.hub import EventHub


def create_app(
    settings: Settings, home: Path, *, access: Access | None = None, problems: Sequence[str] = ()
) -> FastAPI:
    """The daemon's application. Its services assemble in the background of its lifespan, while health is answered already.

    `problems` are what is wrong with the configuration, for the doctor. Without `access` nobody has the token.
    """

    async def assemble_with(hub: EventHub) -> Services:
        return await assemble(settings, home, hub, problems)

    state = DaemonState(installed_version(), assemble_with)
    return build_api(state, access or Access.over_socket(secrets.token_urlsafe(32)))

"""The end of a language server's session, in the moment in which the daemon ends too."""

import asyncio
from collections.abc import AsyncIterator
from types import SimpleNamespace
from typing import Any

import pytest
from tercet_lsp.session import link
from tercet_lsp.session.session import Session
from tercet_shared.errors import DaemonUnavailable


class Going:
    """A daemon that is gone with its event stream as soon as somebody says good-bye."""

    record = SimpleNamespace(version="1", pid=1)
    gone: asyncio.Event

    def __init__(self, *_: object) -> None:
        self.client = self

    async def __aenter__(self) -> "Going":
        return self

    async def __aexit__(self, *_: object) -> None:
        pass

    async def events(self, *_: object, opened: Any, **__: object) -> AsyncIterator[object]:
        opened()
        await self.gone.wait()
        return
        yield

    async def models(self) -> object:
        return SimpleNamespace(models=[])

    async def forget(self) -> None:
        self.gone.set()
        await asyncio.sleep(0)
        raise DaemonUnavailable("It is gone.")


async def test_a_session_ends_though_the_daemon_ends_in_the_same_moment(monkeypatch: pytest.MonkeyPatch):
    """Before Python 3.13 a task group that is ending already swallows the cancellation."""

    async def ensure() -> object:
        return Going.record

    monkeypatch.setattr(link, "ensure_daemon", ensure)
    monkeypatch.setattr(link, "DaemonClient", Going)
    monkeypatch.setattr(link, "Daemon", Going)
    monkeypatch.setattr(Going, "gone", asyncio.Event(), raising=False)
    session = Session()
    session.start()
    async with asyncio.timeout(30):
        while session._link is None or session._link.current is None:
            await asyncio.sleep(0.01)
        await session.close()

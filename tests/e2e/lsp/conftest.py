"""Editors with real language servers, on a daemon of their own that the first of them starts."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import psutil
import pytest
from lsprotocol import types
from pygls.exceptions import JsonRpcException
from tercet_shared import discovery

from tests.doubles.impersonated_editor import Editor

StartEditor = Callable[..., Awaitable[Editor]]


@pytest.fixture
async def start_editor(tercet_home: Path) -> AsyncIterator[StartEditor]:
    """Starts editors that are closed at the test's end, and then the daemon that they started."""
    editors: list[Editor] = []

    async def start(root: Path, capabilities: types.ClientCapabilities, **options: object) -> Editor:
        editor = await Editor.start(root, capabilities, **options)
        editors.append(editor)
        return editor

    yield start
    for editor in editors:
        await editor.stop()
    await asyncio.to_thread(end_daemon)


def end_daemon() -> None:
    """Ends the daemon of this test's home and waits until it has gone."""
    record = discovery.read_record()
    if record is not None:
        with contextlib.suppress(psutil.NoSuchProcess):
            process = psutil.Process(record.pid)
            process.terminate()
            process.wait(60)


# -- the steps of the tests ---------------------------------------------------------------------------------------------

TRUSTED = {"trust": "trusted"}


def is_failing_test(diagnostic: types.Diagnostic) -> bool:
    return diagnostic.source == "tercet" and diagnostic.severity == types.DiagnosticSeverity.Error


def is_proposal(diagnostic: types.Diagnostic) -> bool:
    return diagnostic.message.startswith("Tercet proposes")


async def is_trusted(editor: Editor) -> bool:
    try:
        status = await editor.run("tercet.status")
    except JsonRpcException as error:
        if error.data["code"] != "daemon_unavailable":  # a busy machine may take long to start it
            raise
        return False
    return [each["trust"] for each in status["workspaces"]] == ["trusted"]


async def offered(editor: Editor, root: Path) -> tuple[str, str]:
    """Has the failing test of the broken shop repaired: the URI of the open source, and the proposal's id."""
    uri = (root / "shop/discount.py").as_uri()
    if uri not in editor.buffers:
        editor.open(root / "shop/discount.py")
    await editor.until(lambda: is_trusted(editor))
    await editor.run("tercet.fix", {"uri": root.as_uri(), "tests": ["tests/test_cart.py"]})
    proposal = await editor.sees(uri, is_proposal)
    return uri, str(proposal.data)

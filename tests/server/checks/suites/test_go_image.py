"""Tests of Go in a container of Go's own image, with a real engine."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest
from tercet_server.checks import CheckRunner, WorkspaceTests
from tercet_server.config import SandboxSettings
from tercet_server.context import PythonContext
from tercet_server.edits import file_edit
from tercet_server.ports import ProofTask, Sandbox
from tercet_server.sandbox import choosing
from tercet_server.sandbox.watchdog import Watchdog
from tercet_shared.edits import ChangeSet
from tercet_shared.workspaces import Interpreter

from tests.doubles.compiled_go import has_go
from tests.doubles.folder_copy import FolderCopy
from tests.doubles.go_image import MARK, go_image
from tests.server.checks.suites.test_node import no_progress

pytestmark = [
    pytest.mark.must_have("code runs in the image of its language"),
    pytest.mark.skipif(not has_go(), reason="there is no Go"),
    pytest.mark.timeout(400),
]

PROJECT = {
    "go.mod": "module app\n\ngo 1.18\n",
    "app.go": "package app\n\nfunc Twice(n int) int {\n\treturn n * 3\n}\n",
    "app_test.go": f"""\
        package app

        import (
        \t"os"
        \t"testing"
        )

        func TestTwice(t *testing.T) {{
        \tif Twice(2) != 4 {{
        \t\tt.Fatal(Twice(2))
        \t}}
        }}

        func TestRunsInTheImage(t *testing.T) {{
        \tif _, err := os.Stat("{MARK}"); err != nil {{
        \t\tt.Fatal(err)
        \t}}
        }}
    """,
}


@pytest.fixture
async def sandbox(docker_host: str, tmp_path: Path) -> AsyncIterator[Sandbox]:
    """Of a machine with an image of its own programs, and with one for Go."""
    image = go_image(docker_host, tmp_path / "go.tar")
    await asyncio.to_thread(image.__enter__)
    try:
        made = await choosing.BACKENDS["docker"][1](Watchdog(), SandboxSettings(docker_host=docker_host))
        yield made
        await made.close()
    finally:
        await asyncio.to_thread(image.__exit__, None, None, None)


async def test_a_change_of_go_code_is_proved_in_the_image_for_go(
    copy_of: Callable[..., FolderCopy],
    warm_go: Callable[[FolderCopy], Awaitable[None]],
    sandbox: Sandbox,
    interpreter: Interpreter,
    tmp_path: Path,
):
    copy = copy_of(PROJECT)
    await warm_go(copy)
    runner = CheckRunner(sandbox, WorkspaceTests(sandbox, tmp_path / "caches"), PythonContext())
    text = await copy.read_text("app.go")
    change = ChangeSet(files=[file_edit("app.go", text, text.replace("n * 3", "n * 2"))])
    task = ProofTask(change, ["app_test.go::TestTwice"], 350, 5)
    evidence = await runner.prove(copy, interpreter, task, no_progress)
    passed = {test for check in evidence.checks for test in check.passed}
    assert evidence.verified, evidence.unverified_reason
    assert "app_test.go::TestRunsInTheImage" in passed
    assert (evidence.sandbox, evidence.images) == ("docker", ["tercet-sandbox:go"])
    assert "tercet-sandbox:go for go. tercet-sandbox:host (this machine's own programs) for all else" in notes(sandbox)


def notes(sandbox: Sandbox) -> str:
    """What `tercet doctor` and `tercet sandbox status` say of it."""
    assert isinstance(sandbox, choosing.TreeSandbox)
    return " ".join(sandbox.notes)

"""What happens when an editor, its server or the daemon dies, and what is asked of the user before anything runs."""

import asyncio
import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

import psutil
import pytest
from lsprotocol import types
from pygls.exceptions import JsonRpcException
from tercet_shared import discovery
from tercet_shared.client import DaemonClient
from tercet_shared.ids import WorkspaceId

from tests.doubles.impersonated_editor import SERVER, neovim, vs_code
from tests.e2e.journey import BROKEN_SHOP, FIXED_LINE
from tests.e2e.lsp.conftest import TRUSTED, StartEditor, is_failing_test, is_proposal, is_trusted, offered

Project = Callable[[Mapping[str, str | bytes]], Path]
UNFIXABLE = {
    **BROKEN_SHOP,
    "tests/test_cart.py": "import time\n\nfrom shop.cart import total\n\n\n"
    "def test_slowly():\n    time.sleep(1.5)\n    assert total(100, 1) == -1\n",
}
"""Its one test takes long and cannot be made to pass by a small change."""


def record() -> discovery.DaemonRecord:
    found = discovery.read_record()
    assert found is not None
    return found


async def daemon_client() -> DaemonClient:
    return DaemonClient(await asyncio.to_thread(record))


async def only_workspace(client: DaemonClient) -> WorkspaceId:
    return (await client.workspaces())[0].id


# -- the user decides -----------------------------------------------------------------------------------------------------


async def test_nothing_runs_before_the_user_trusts_the_folder_and_the_question_comes_once(
    project: Project, start_editor: StartEditor
):
    root = project({**BROKEN_SHOP, "conftest.py": "open('ran', 'w').close()\n"})
    editor = await start_editor(root, vs_code())
    source = editor.open(root / "shop/discount.py")
    await editor.until(lambda: editor.questions)
    editor.save(source)
    with pytest.raises(JsonRpcException) as caught:
        await editor.run("tercet.fix")
    assert caught.value.data["code"] == "not_trusted"
    assert not (root / "ran").exists()
    assert len(editor.questions) == 1

    assert await editor.run("tercet.trust") == {"trust": "trusted"}
    editor.save(source)
    await editor.sees(editor.open(root / "tests/test_cart.py"), is_failing_test)
    assert len(editor.questions) == 1


async def test_the_answer_to_the_question_is_stored(project: Project, start_editor: StartEditor):
    root = project(BROKEN_SHOP)
    first = await start_editor(root, neovim(), options={"nonsense": 1}, answer="Trust")
    await first.until(lambda: is_trusted(first))
    assert any("nonsense" in message for message in first.messages), "a bad option is named"
    second = await start_editor(root, neovim())
    await second.until(lambda: is_trusted(second))
    assert second.questions == []


async def test_the_user_cancels_a_run_at_its_progress(project: Project, start_editor: StartEditor):
    root = project(UNFIXABLE)
    editor = await start_editor(root, vs_code(), options=TRUSTED)
    await editor.until(lambda: is_trusted(editor))
    run = (await editor.run("tercet.fix"))["run"]
    token = await editor.until(
        lambda: next((each for each in editor.client.progress_reports if run in str(each)), None)
    )
    await editor.until(lambda: editor.progress_kinds()[token])
    editor.client.window_work_done_progress_cancel(types.WorkDoneProgressCancelParams(token=token))
    await editor.until(lambda: editor.progress_kinds()[token][-1] == "end")
    assert "cancelled" in await editor.run("tercet.show", {"run": run})
    assert (await editor.run("tercet.status"))["runs"] == []


# -- the processes --------------------------------------------------------------------------------------------------------


async def test_a_killed_daemon_is_started_again_and_has_every_buffer(project: Project, start_editor: StartEditor):
    root = project(BROKEN_SHOP)
    editor = await start_editor(root, vs_code(), options=TRUSTED)
    source, proposal = await offered(editor, root)
    editor.type(source, 0, 0, "# unsaved\n")
    killed = await asyncio.to_thread(record)
    os.kill(killed.pid, signal.SIGKILL)
    editor.type(source, 1, 0, "# typed while it was away\n")

    status = await editor.until(lambda: editor.run("tercet.status"))
    assert status["daemon"]["pid"] != killed.pid
    expected = editor.buffers[source].text
    async with await daemon_client() as client:
        again = await client.run(
            (await editor.run("tercet.fix", {"uri": source, "tests": ["tests/test_cart.py"]}))["run"]
        )
        assert again.workspace_id == await only_workspace(client)
    hint = await editor.sees(source, is_proposal)
    assert hint.data != proposal
    await editor.run("tercet.apply", {"proposal": hint.data})
    assert editor.buffers[source].text == expected.replace("    if quantity > 10:\n", FIXED_LINE)


async def test_a_killed_server_leaves_nothing_but_the_daemon(project: Project, start_editor: StartEditor):
    root = project(UNFIXABLE)
    editor = await start_editor(root, vs_code(), options=TRUSTED)
    editor.open(root / "shop/discount.py")
    await editor.until(lambda: is_trusted(editor))
    daemon = await asyncio.to_thread(record)
    others = [each for each in psutil.Process(editor.process.pid).children(recursive=True) if each.pid != daemon.pid]
    editor.process.kill()
    await editor.process.wait()
    async with await daemon_client() as client, asyncio.timeout(30):
        while (await client.health()).clients:
            await asyncio.sleep(0.05)
    assert not [each for each in others if each.is_running() and each.ppid() != daemon.pid]


@pytest.mark.parametrize("parting", ["exit", "end of input", "SIGTERM"])
async def test_a_server_that_is_left_ends_within_five_seconds(
    parting: str, project: Project, start_editor: StartEditor
):
    root = project(BROKEN_SHOP)
    editor = await start_editor(root, vs_code(), options=TRUSTED)
    editor.open(root / "shop/discount.py")
    await editor.until(lambda: is_trusted(editor))
    process = editor.process
    if parting == "exit":
        await editor.client.shutdown_async(None)
        editor.client.exit(None)
    elif parting == "end of input":
        assert process.stdin is not None
        process.stdin.close()
    else:
        process.terminate()
    code = await asyncio.wait_for(process.wait(), 30)
    assert code == (0 if parting == "exit" else 1)


async def test_a_server_whose_editor_was_killed_ends_within_five_seconds(tercet_home: Path):
    """The editor's process dies while something else keeps the server's input open."""
    editor = await asyncio.create_subprocess_exec(sys.executable, "-c", "input()", stdin=subprocess.PIPE)
    server = await asyncio.create_subprocess_exec(*SERVER, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert server.stdin is not None
    assert server.stdout is not None
    params = {"processId": editor.pid, "rootUri": None, "capabilities": {}}
    for message in (
        {"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": params},
        {"jsonrpc": "2.0", "method": "initialized", "params": {}},
    ):
        body = json.dumps(message).encode()
        server.stdin.write(b"Content-Length: %d\r\n\r\n" % len(body) + body)
    await server.stdout.readline()
    editor.kill()
    await editor.wait()
    assert await asyncio.wait_for(server.wait(), 30) == 1

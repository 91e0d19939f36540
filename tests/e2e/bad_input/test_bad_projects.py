"""Bad input: each gets a sentence that says what to do, nothing hangs and nothing is lost."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest
from tercet_shared import errors
from tercet_shared.client import DaemonClient
from tercet_shared.edits import text_sha256
from tercet_shared.ids import new_client_id
from tercet_shared.runs import Run, RunState
from tercet_shared.workspaces import OverlayRequest, Trust, Workspace, WorkspaceRequest

from tests.e2e.journey import (
    BROKEN_SHOP,
    FIXED_LINE,
    RealDaemon,
    proposal_of,
    start_fix,
    trusted,
    until_resting,
)

PASSING = {"test_ok.py": "def test_ok():\n    assert True\n"}
needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="mounting needs root")


async def _fix(client: DaemonClient, root: Path, *tests: str) -> Run:
    return await until_resting(client, (await start_fix(client, await trusted(client, root), *tests)).id)


def _sentence(run: Run) -> str:
    """What the person is told at the end; there always is something."""
    sentence = run.problem.sentence if run.problem else run.answer
    assert sentence, f"{run.state} without a word"
    assert sentence.rstrip().endswith((".", "`")), sentence
    return sentence


async def test_no_tests(client: DaemonClient, project):
    run = await _fix(client, project({"thing.py": "x = 1\n"}))
    assert run.state is RunState.FAILED
    assert run.problem is not None
    assert run.problem.code == "no_tests"
    assert "test" in _sentence(run)


async def test_a_pytest_configuration_that_breaks_pytest(client: DaemonClient, project):
    files = {**PASSING, "pytest.ini": "[pytest]\naddopts = --no-such-option\n"}
    run = await _fix(client, project(files))
    assert run.state is RunState.FAILED
    assert "--no-such-option" in _sentence(run)


async def test_all_green(client: DaemonClient, project):
    run = await _fix(client, project(PASSING))
    assert run.state is RunState.COMPLETED
    assert "pass" in _sentence(run)


async def test_a_syntax_error_in_the_source(client: DaemonClient, project):
    files = {
        "thing.py": "def f(:\n    return 1\n",
        "test_thing.py": "from thing import f\n\n\ndef test_f():\n    assert f() == 1\n",
    }
    run = await _fix(client, project(files))
    assert run.state in {RunState.NO_CANDIDATE, RunState.FAILED, RunState.PROPOSED}
    if run.state is not RunState.PROPOSED:
        assert "thing.py" in _sentence(run)


async def test_a_test_that_hangs_does_not_hang_us(client: DaemonClient, project):
    files = {**BROKEN_SHOP, "tests/test_hang.py": "def test_hang():\n    while True:\n        pass\n"}
    run = await _fix(client, project(files), "tests/test_cart.py")
    proposal = await proposal_of(client, run)
    assert proposal.evidence.verified, proposal.evidence.unverified_reason
    named = [test for check in proposal.evidence.checks for test in (*check.failed, *check.not_run)]
    summaries = " ".join(check.summary for check in proposal.evidence.checks)
    assert any("test_hang" in each for each in named) or "test_hang" in summaries


async def test_a_test_that_prints_a_gigabyte(client: DaemonClient, project):
    loud = "def test_loud():\n    for _ in range(1024):\n        print('x' * 2**20)\n    assert False\n"
    run = await _fix(client, project({"test_loud.py": loud}))
    assert run.state in {RunState.NO_CANDIDATE, RunState.FAILED}
    _sentence(run)
    health = await client.health()
    assert _rss_mb(health.pid) < 400


def _rss_mb(pid: int) -> float:
    status = Path(f"/proc/{pid}/status").read_text()
    line = next(line for line in status.splitlines() if line.startswith("VmRSS"))
    return int(line.split()[1]) / 1024


async def test_an_untrusted_workspace_runs_nothing(client: DaemonClient, project):
    root = project(BROKEN_SHOP)
    workspace = await client.register_workspace(WorkspaceRequest(root=str(root), trust=Trust.UNTRUSTED))
    with pytest.raises(errors.NotTrusted, match="trust"):
        await start_fix(client, workspace)


@needs_root
async def test_a_read_only_mount(client: DaemonClient, project, tmp_path: Path):
    root = project(BROKEN_SHOP)
    mounted = tmp_path / "mounted"
    mounted.mkdir()
    subprocess.run(["mount", "--bind", str(root), str(mounted)], check=True)
    try:
        subprocess.run(["mount", "-o", "remount,ro,bind", str(mounted)], check=True)
        proposal = await proposal_of(client, await _fix(client, mounted))
        with pytest.raises(errors.NotWritable, match="writ"):
            await client.apply(proposal.id, new_client_id())
        assert (await client.proposal(proposal.id)).state == "offered"
    finally:
        subprocess.run(["umount", "-l", str(mounted)], check=True)
    assert (root / "shop/discount.py").read_text() == BROKEN_SHOP["shop/discount.py"]


@needs_root
async def test_a_full_disk_under_the_project(client: DaemonClient, project, tmp_path: Path):
    small = tmp_path / "small"
    small.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(small)], check=True)
    try:
        root = small / "shop-project"
        shutil.copytree(project(BROKEN_SHOP), root)
        proposal = await proposal_of(client, await _fix(client, root))
        _fill(small / "ballast")
        with pytest.raises(errors.DiskFull):
            await client.apply(proposal.id, new_client_id())
        assert (root / "shop/discount.py").read_text() == BROKEN_SHOP["shop/discount.py"]
        (small / "ballast").unlink()
        assert (await client.apply(proposal.id, new_client_id())).state == "applied"
        assert FIXED_LINE in (root / "shop/discount.py").read_text()
    finally:
        subprocess.run(["umount", "-l", str(small)], check=True)


def _fill(path: Path) -> None:
    with path.open("wb", buffering=0) as ballast:
        for size in (65536, 4096, 1):
            try:
                while True:
                    ballast.write(b"x" * size)
            except OSError:
                continue


@needs_root
async def test_a_full_disk_under_the_daemon(daemon: RealDaemon, project, tmp_path_factory, monkeypatch):
    small = tmp_path_factory.mktemp("small-home")
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=24m", "tmpfs", str(small)], check=True)
    try:
        monkeypatch.setenv("TERCET_HOME", str(small))
        client = await daemon.start()
        workspace = await trusted(client, project(BROKEN_SHOP))
        _fill(small / "ballast")
        assert "room" in await _complaint(client, workspace)
        (small / "ballast").unlink()
        again = await until_resting(client, (await start_fix(client, workspace)).id)
        assert again.state is RunState.PROPOSED, again.problem
        await daemon.stop()
    finally:
        subprocess.run(["umount", "-l", str(small)], check=True)


async def _complaint(client: DaemonClient, workspace: Workspace) -> str:
    """What the person is told about a run that cannot be, whether it is refused or fails."""
    try:
        run = await until_resting(client, (await start_fix(client, workspace)).id)
    except errors.DiskFull as error:
        return error.sentence.lower()
    assert run.state is RunState.FAILED
    return _sentence(run).lower()


async def test_a_workspace_that_vanishes(client: DaemonClient, project):
    root = project(BROKEN_SHOP)
    workspace = await trusted(client, root)
    proposal = await proposal_of(client, await _fix(client, root))
    shutil.rmtree(root)
    with pytest.raises(errors.TercetError) as caught:
        await client.apply(proposal.id, new_client_id())
    assert caught.value.code in {"workspace_gone", "stale_text"}
    try:
        run = await until_resting(client, (await start_fix(client, workspace)).id)
    except errors.WorkspaceGone:
        return
    assert run.state is RunState.FAILED
    assert run.problem is not None
    assert run.problem.code == "workspace_gone"


async def test_crlf_line_endings_are_kept(client: DaemonClient, project):
    files = {
        path: text.replace("\n", "\r\n") if path.endswith("discount.py") else text for path, text in BROKEN_SHOP.items()
    }
    root = project(files)
    proposal = await proposal_of(client, await _fix(client, root))
    await client.apply(proposal.id, new_client_id())
    expected = BROKEN_SHOP["shop/discount.py"].replace(">", ">=").replace("\n", "\r\n").encode()
    assert (root / "shop/discount.py").read_bytes() == expected


async def test_another_encoding_is_kept(client: DaemonClient, project):
    text = "# -*- coding: latin-1 -*-\n# gr\u00fcn\n" + BROKEN_SHOP["shop/discount.py"]
    root = project({**BROKEN_SHOP, "shop/discount.py": text.encode("latin-1")})
    proposal = await proposal_of(client, await _fix(client, root))
    await client.apply(proposal.id, new_client_id())
    assert (root / "shop/discount.py").read_bytes() == text.replace(">", ">=").encode("latin-1")


async def test_a_file_that_is_no_text_is_left_alone(client: DaemonClient, project):
    root = project({**BROKEN_SHOP, "shop/noise.py": b"\xff\xfe\x00\x81 = 1\n"})
    proposal = await proposal_of(client, await _fix(client, root))
    assert proposal.change_set.paths == ["shop/discount.py"]


async def test_a_symlink_out_of_the_workspace_is_never_written(client: DaemonClient, project, tmp_path: Path):
    outside = tmp_path / "outside.py"
    outside.write_text(BROKEN_SHOP["shop/discount.py"])
    root = project({path: text for path, text in BROKEN_SHOP.items() if not path.endswith("discount.py")})
    (root / "shop/discount.py").symlink_to(outside)
    run = await _fix(client, root)
    _sentence(run) if run.state is not RunState.PROPOSED else await _refused(client, run)
    assert outside.read_text() == BROKEN_SHOP["shop/discount.py"]


async def _refused(client: DaemonClient, run: Run) -> None:
    with pytest.raises(errors.TercetError):
        await client.apply((await proposal_of(client, run)).id, new_client_id())


async def test_a_path_out_of_the_workspace_is_refused(client: DaemonClient, project):
    workspace = await trusted(client, project(BROKEN_SHOP))
    (Path(workspace.root) / "link.py").symlink_to("/etc/passwd")
    overlay = OverlayRequest(client_id=new_client_id(), path="link.py", version=1, text="x = 1\n")
    with pytest.raises(errors.TercetError, match=r"outside|symlink|link"):
        await client.put_overlay(workspace.id, overlay)


async def test_overlay_wins_over_the_disk_and_dirty_files_are_not_written(client: DaemonClient, project):
    root = project(BROKEN_SHOP)
    workspace = await trusted(client, root)
    editor = new_client_id()
    text = "# being edited\n" + BROKEN_SHOP["shop/discount.py"]
    overlay = OverlayRequest(client_id=editor, path="shop/discount.py", version=3, text=text)
    assert (await client.put_overlay(workspace.id, overlay)).text_sha256 == text_sha256(text)
    proposal = await proposal_of(client, await _fix(client, root))
    assert proposal.change_set.files[0].base_sha256 == text_sha256(text)
    with pytest.raises(errors.DirtyInEditor, match="editor"):
        await client.apply(proposal.id, new_client_id())
    assert (root / "shop/discount.py").read_text() == BROKEN_SHOP["shop/discount.py"]

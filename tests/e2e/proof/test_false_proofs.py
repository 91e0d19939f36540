"""Two ways to a false proof, planted: neither may yield a wrong "verified"."""

import asyncio
import shutil
import sys
import sysconfig
import venv
from pathlib import Path

import pytest
from tercet_shared.client import DaemonClient
from tercet_shared.edits import text_sha256
from tercet_shared.ids import new_client_id
from tercet_shared.runs import RunState

from tests.e2e.journey import BROKEN_SHOP, FIXED_LINE, RealDaemon, proposal_of, start_fix, trusted, until_resting

PYTEST_PARTS = ("pytest", "_pytest", "pluggy", "iniconfig", "packaging", "pygments")


def _install_editable(root: Path, source: str) -> None:
    """A virtual environment in the project with pytest and the project itself installed in editable mode (a `.pth` file)."""
    venv.create(root / ".venv", symlinks=True, with_pip=False)
    version = f"python{sys.version_info.major}.{sys.version_info.minor}"
    site = root / ".venv" / "lib" / version / "site-packages"
    ours = Path(sysconfig.get_path("purelib"))
    for part in PYTEST_PARTS:
        shutil.copytree(ours / part, site / part)
    shutil.copy(ours / "py.py", site)
    for metadata in (found for part in PYTEST_PARTS for found in ours.glob(f"{part}-*.dist-info")):
        shutil.copytree(metadata, site / metadata.name)
    (site / "__editable__.shop.pth").write_text(str(root / source) + "\n")


def _editable_project(project) -> Path:
    files = {path.replace("shop/", "src/shop/", 1): text for path, text in BROKEN_SHOP.items()}
    files["pyproject.toml"] = '[project]\nname = "shop"\nversion = "1"\n'
    root = project(files, name="editable")
    _install_editable(root, "src")
    return root


async def test_an_editable_install_is_proved_on_the_copy_by_namespaces(client: DaemonClient, project):
    root = _editable_project(project)
    workspace = await trusted(client, root)
    assert workspace.interpreter is not None
    assert workspace.interpreter.path.startswith(str(root / ".venv"))
    run = await until_resting(client, (await start_fix(client, workspace)).id)
    proposal = await proposal_of(client, run)
    assert proposal.evidence.sandbox == "bubblewrap"
    assert proposal.evidence.verified, proposal.evidence.unverified_reason
    assert FIXED_LINE.strip() in proposal.diff


@pytest.mark.must_have("a container must not prove the original")
async def test_an_editable_install_is_proved_on_the_copy_in_a_container(daemon: RealDaemon, project, docker_host: str):
    root = _editable_project(project)
    client = await daemon.start(**_in_containers(docker_host))
    run = await until_resting(client, (await start_fix(client, await trusted(client, root))).id)
    proposal = await proposal_of(client, run)
    assert (proposal.evidence.sandbox, proposal.evidence.isolation) == ("docker", "container")
    assert proposal.evidence.verified, proposal.evidence.unverified_reason
    assert FIXED_LINE.strip() in proposal.diff


def _in_containers(docker_host: str) -> dict[str, str]:
    """The daemon's environment that names the tests' engine."""
    return {"TERCET_SANDBOX_BACKEND": "docker", "TERCET_SANDBOX_DOCKER_HOST": docker_host}


async def test_an_editable_install_is_redirected_to_the_copy_where_the_copy_cannot_stand_in_its_place(
    daemon: RealDaemon, project
):
    """The process back end cannot mount: what the path file names is replaced by the copy, and the probe sees it."""
    root = _editable_project(project)
    client = await daemon.start(PATH=_path_without_bubblewrap(project))
    proposal = await proposal_of(
        client, await until_resting(client, (await start_fix(client, await trusted(client, root))).id)
    )
    assert proposal.evidence.sandbox == "process"
    assert proposal.evidence.verified, proposal.evidence.unverified_reason
    await client.apply(proposal.id, new_client_id())
    assert FIXED_LINE in (root / "src/shop/discount.py").read_text()


FINDER = """
import importlib.util, sys

class Finder:
    def find_spec(self, name, path=None, target=None):
        if name == "shop" or name.startswith("shop."):
            file = {source!r} + "/" + name.replace(".", "/")
            package = name == "shop"
            return importlib.util.spec_from_file_location(
                name, file + ("/__init__.py" if package else ".py"),
                submodule_search_locations=[file] if package else None)

sys.meta_path.insert(0, Finder())
"""


async def test_an_import_hook_that_insists_on_the_original_is_never_verified(daemon: RealDaemon, project):
    """The process back end again: these tests import the original, whatever the candidate does."""
    root = _editable_project(project)
    site = next((root / ".venv/lib").glob("python*/site-packages"))
    (site / "__editable__.shop.pth").write_text("import insisting_finder\n")
    (site / "insisting_finder.py").write_text(FINDER.format(source=str(root / "src")))
    client = await daemon.start(PATH=_path_without_bubblewrap(project))
    run = await until_resting(client, (await start_fix(client, await trusted(client, root))).id)
    if run.state is RunState.PROPOSED:
        proposal = await proposal_of(client, run)
        assert not proposal.evidence.verified
        assert proposal.evidence.unverified_reason
    else:
        assert run.state in {RunState.NO_CANDIDATE, RunState.FAILED}
    assert (root / "src/shop/discount.py").read_text() == BROKEN_SHOP["shop/discount.py"]


def _path_without_bubblewrap(project) -> str:
    """A PATH on which `bwrap` is not found but git is."""
    folder = project({}, name="bin")
    for tool in ("git",):
        found = shutil.which(tool)
        if found:
            (folder / tool).symlink_to(found)
    return str(folder)


@pytest.mark.parametrize("sandbox", ["bubblewrap", pytest.param("docker", marks=pytest.mark.must_have("as above"))])
async def test_a_file_saved_in_the_middle_of_a_proof_is_not_overwritten_nor_called_verified(
    daemon: RealDaemon, project, request: pytest.FixtureRequest, sandbox: str
):
    in_docker = sandbox == "docker"
    client = await daemon.start(**(_in_containers(request.getfixturevalue("docker_host")) if in_docker else {}))
    slow = {**BROKEN_SHOP, "tests/test_slow.py": "import time\n\n\ndef test_slow():\n    time.sleep(2)\n"}
    root = project(slow)
    source = root / "shop/discount.py"
    run = await start_fix(client, await trusted(client, root))
    async with asyncio.timeout(60):
        async for event in client.follow_run(run.id):
            if event.data.get("state") == RunState.CHECKING:
                break
    saved = source.read_text() + "\n\ndef shipping():\n    return 5\n"
    source.write_text(saved)
    ended = await until_resting(client, run.id)
    assert source.read_text() == saved
    if ended.state is RunState.PROPOSED:
        proposal = await proposal_of(client, ended)
        fresh = all(each.base_sha256 == text_sha256(saved) for each in proposal.change_set.files)
        assert fresh or not proposal.evidence.verified, "verified on a text that the user does not have"
    else:
        assert ended.state is RunState.SUPERSEDED

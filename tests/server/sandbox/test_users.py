"""As root and as an ordinary user, on copies of root's and of others': who runs the code, and with what rights."""

import asyncio
import os
import subprocess
import sys
import tempfile
from dataclasses import replace
from pathlib import Path

import pytest
import tercet_server
import tercet_shared
from tercet_server.ports import Jail, Sandbox
from tercet_server.sandbox import landlock
from tercet_server.sandbox.identity import (
    CAP_DAC_OVERRIDE,
    NOBODYS,
    Identity,
    identity_for,
    unprivileged_identity_for,
)
from tercet_server.sandbox.namespaces import kernel_is_at_least
from tercet_server.sandbox.process import ProcessSandbox
from tercet_server.sandbox.watchdog import Watchdog

from .conftest import LIMITS

NOBODY = 65534
SYSTEM_PYTHON = Path(f"/usr/bin/python{sys.version_info.major}.{sys.version_info.minor}")
as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can become somebody else")


@pytest.fixture
def foreign(copy: Path) -> Jail:
    """A copy that an ordinary user owns and can reach."""
    for folder in (copy, *copy.parents):
        if Path(tempfile.gettempdir()) in folder.parents:
            folder.chmod(0o755)
    os.chown(copy, NOBODY, NOBODY)
    return Jail(copy, Path("/workspace"))


@as_root
async def test_root_becomes_the_owner_of_the_copy(sandbox: Sandbox, foreign: Jail):
    script = "head -c 2000000 /dev/zero > huge; echo x > made"
    result = await sandbox.run(foreign, ["/bin/sh", "-c", script], replace(LIMITS, file_size_bytes=1_000_000))
    made = (foreign.writable / "made").stat()
    assert (made.st_uid, made.st_gid) == (NOBODY, NOBODY), result
    assert (foreign.writable / "huge").stat().st_size == 1_000_000


@as_root
async def test_root_stays_root_where_the_owner_could_not_read_the_interpreter(foreign: Jail, tmp_path: Path):
    private = tmp_path / "private"
    private.mkdir(mode=0o700)
    assert await asyncio.to_thread(identity_for, foreign) == Identity(NOBODY, NOBODY)
    assert await asyncio.to_thread(identity_for, replace(foreign, readable=(private,))) is None


@as_root
async def test_roots_own_copy_is_run_as_root(jail: Jail):
    assert await asyncio.to_thread(identity_for, jail) is None


@as_root
async def test_without_namespaces_roots_own_copy_is_run_as_nobody_who_may_use_its_files(jail: Jail, copy: Path):
    """Nobody is bound by the kernel's limit of processes; root is not."""
    one, other = [await asyncio.to_thread(unprivileged_identity_for, jail) for _ in range(2)]
    assert one is not None
    assert (one.capabilities, one.uid in NOBODYS, one == other) == ({CAP_DAC_OVERRIDE}, True, False)
    (copy / "closed").write_text("old")
    (copy / "closed").chmod(0o600)
    sandbox = ProcessSandbox(Watchdog(), landlock.kernel_abi())
    await asyncio.to_thread(subprocess.run, ["git", "init", "-q", str(copy)], check=True)
    script = "git status --short > /dev/null && id -u; cat closed; echo; echo new > closed && echo changed"
    result = await sandbox.run(jail, ["/bin/sh", "-c", script], LIMITS)
    number, *said = result.stdout.split()
    assert (int(number) in NOBODYS, said) == (True, [b"old", b"changed"]), result
    assert (copy / "closed").read_text() == "new\n"


@as_root
async def test_the_kernel_bounds_what_roots_code_can_start(sandbox: Sandbox, jail: Jail):
    """By threads, which the watchdog does not count: this bound holds however late the watchdog comes to look."""
    if sandbox.name == "bubblewrap" and not kernel_is_at_least(6, 14):
        pytest.skip("the kernel numbers processes for the whole machine")
    program = (
        "import threading\ndone = threading.Event()\nstarted = 0\n"
        "try:\n    for _ in range(1000):\n        threading.Thread(target=done.wait).start()\n        started += 1\n"
        "except RuntimeError: print('refused')\n"
        "done.set()\nprint(started)"
    )
    result = await sandbox.run(jail, [sys.executable, "-c", program], replace(LIMITS, processes=20))
    refused, started = result.stdout.split()
    assert refused == b"refused", result
    assert 100 < int(started) < 500


ORDINARY = """
import asyncio, os, sys, tempfile
from pathlib import Path
from tercet_server.config import SandboxSettings
from tercet_server.ports import Jail, Limits
from tercet_server.sandbox import choosing
from tercet_server.sandbox.watchdog import Watchdog

async def main():
    folder = Path(tempfile.mkdtemp(dir=sys.argv[2]))
    (folder / "copy").mkdir()
    (folder / "secret").write_text("secret")
    sandbox = await choosing.BACKENDS[sys.argv[1]][1](Watchdog(), SandboxSettings())
    program = (
        "import os, sys; open('made', 'w').write('x')\\n"
        "try: print(open(sys.argv[1]).read())\\nexcept OSError: print('refused')\\n"
        "for _ in range(400):\\n    if os.fork() == 0: import time; time.sleep(30)"
    )
    jail = Jail(folder / "copy", folder / "workspace")
    result = await sandbox.run(jail, [sys.executable, "-uc", program, str(folder / "secret")], Limits(wall_s=20, processes=30))
    print(os.geteuid(), result.ending, result.stdout.decode().strip(), (folder / "copy" / "made").read_text())
    print(result.stderr.decode()[:300])

asyncio.run(main())
"""


@as_root
@pytest.mark.must_have("a daemon runs as an ordinary user nearly everywhere")
@pytest.mark.skipif(not SYSTEM_PYTHON.exists(), reason="an interpreter that an ordinary user can read")
async def test_an_ordinary_user_s_daemon(sandbox: Sandbox, tmp_path_factory: pytest.TempPathFactory):
    ours = [str(Path(package.__file__).parents[1]) for package in (tercet_server, tercet_shared)]
    paths = [*ours, *(path for path in sys.path if "site-packages" in path)]
    base = "/tmp"
    done = await asyncio.to_thread(
        subprocess.run,
        [str(SYSTEM_PYTHON), "-c", ORDINARY, sandbox.name, base],
        capture_output=True,
        text=True,
        user=NOBODY,
        group=NOBODY,
        extra_groups=[],
        cwd="/",
        env={
            "PATH": "/usr/bin:/bin",
            "PYTHONPATH": os.pathsep.join(paths),
            "PYTHONDONTWRITEBYTECODE": "1",
            "HOME": "/nonexistent",
        },
        check=False,
        timeout=60,
    )
    assert done.stdout.split()[:4] == [str(NOBODY), "processes", "refused", "x"], done.stdout + done.stderr

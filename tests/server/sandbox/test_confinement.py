"""What sandboxed code cannot reach: secrets, files, sockets and processes of the host."""

import asyncio
import os
import socket
import stat
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from tercet_server.ports import Ending, Jail, Limits, Sandbox
from tercet_server.sandbox.identity import CAP_DAC_OVERRIDE
from tercet_shared.errors import SandboxFailed

from .conftest import LIMITS, Runner

SECRET = "secret-3f1c9d"
TRY = """
import sys
def attempt(action):
    try:
        print("DID", action())
    except OSError as error:
        print("refused", type(error).__name__)
"""


@pytest.fixture
def secret_file(tmp_path: Path) -> Path:
    folder = tmp_path / ".ssh"
    folder.mkdir()
    file = folder / "id_ed25519"
    file.write_text(SECRET)
    return file


@pytest.fixture
def short_folder() -> Iterator[Path]:
    """A Unix socket's path may have 107 bytes at most."""
    with tempfile.TemporaryDirectory(prefix="t-") as folder:
        yield Path(folder)


async def test_the_environment_is_short(python: Runner):
    result = await python("import os; print(sorted(os.environ))")
    allowed = {"HOME", "LANG", "LOGNAME", "PATH", "PWD", "TERM", "TMPDIR", "USER", "LC_CTYPE"}
    names = set(eval(result.stdout))
    assert {name for name in names - allowed if not name.startswith(("PYTHON", "GIT_CONFIG_"))} == set()


async def test_no_secret_of_the_daemon_is_in_any_environment(python: Runner, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("TERCET_TEST_SECRET", SECRET)
    bystander = await asyncio.create_subprocess_exec("sleep", "60", env={"TERCET_TEST_SECRET": SECRET})
    try:
        result = await python(
            "import glob, os\n"
            "found = [str(dict(os.environ))]\n"
            "for name in glob.glob('/proc/*/environ') + [f'/proc/{pid}/environ' for pid in range(1, 70000)]:\n"
            "    try: found.append(open(name, errors='replace').read())\n"
            "    except OSError: pass\n"
            "print('read', len(found)); print(chr(10).join(found))"
        )
    finally:
        bystander.kill()
        await bystander.wait()
    assert result.stdout.startswith(b"read"), result.stderr
    assert SECRET.encode() not in result.stdout


async def test_a_file_outside_cannot_be_read(python: Runner, secret_file: Path):
    result = await python(TRY + "attempt(lambda: open(sys.argv[1]).read())", str(secret_file))
    assert result.stdout.startswith(b"refused"), result


async def test_the_home_folder_and_sockets_of_the_host_are_not_there(python: Runner, secret_file: Path):
    paths = [
        str(Path.home()),
        str(secret_file.parent),
        "/run",
        "/var/run/docker.sock",
        "/etc/shadow",
        "/root/.bashrc",
        "/var",
        "/work",
    ]
    result = await python(
        TRY
        + "import os\nfor path in sys.argv[1:]: attempt(lambda: os.listdir(path) if os.path.isdir(path) else open(path).read())",
        *paths,
    )
    answers = result.stdout.decode().splitlines()
    assert len(answers) == len(paths), result.stderr
    # bubblewrap makes empty parents of what it shows; only those may be listed
    shown = {part for path in (*python.jail.readable, python.jail.appears_at) for part in path.parts}
    for answer in answers:
        assert answer.startswith("refused") or set(eval(answer.removeprefix("DID "))) <= shown, answer


async def test_a_file_outside_cannot_be_written_or_made(python: Runner, secret_file: Path):
    targets = [
        str(secret_file),
        str(secret_file.with_name("new")),
        "/usr/new",
        "/etc/new",
        "/new",
        str(Path(sys.prefix) / "new"),
        str(Path(sys.base_prefix) / "new"),
    ]
    await python(TRY + "for path in sys.argv[1:]: attempt(lambda: open(path, 'w').write('x'))", *targets)
    assert secret_file.read_text() == SECRET
    assert [path for path in targets if os.path.exists(path)] == [str(secret_file)]


async def test_files_outside_cannot_be_removed_moved_linked_or_changed(python: Runner, secret_file: Path, copy: Path):
    before = secret_file.stat()
    result = await python(
        TRY + "import os\npath = sys.argv[1]\n"
        "attempt(lambda: os.unlink(path))\n"
        "attempt(lambda: os.rename(path, 'stolen'))\n"
        "attempt(lambda: os.link(path, 'linked'))\n"
        "attempt(lambda: os.truncate(path, 0))\n"
        "attempt(lambda: os.chmod(path, 0o777))\n"
        "attempt(lambda: os.utime(path, (1, 1)))\n"
        "attempt(lambda: os.chown(path, 65534, 65534))\n"
        "attempt(lambda: os.setxattr(path, 'user.x', b'1'))\n",
        str(secret_file),
    )
    after = secret_file.stat()
    assert secret_file.read_text() == SECRET, result
    assert (after.st_mode, after.st_mtime, after.st_uid, after.st_nlink) == (
        before.st_mode,
        before.st_mtime,
        before.st_uid,
        1,
    )
    assert os.listxattr(secret_file) == []
    assert list(copy.iterdir()) == []


async def test_a_link_in_the_copy_leads_nowhere(python: Runner, secret_file: Path, copy: Path):
    (copy / "link").symlink_to(secret_file)
    (copy / "folder").symlink_to(secret_file.parent)
    result = await python(
        TRY + "attempt(lambda: open('link').read())\nattempt(lambda: open('link', 'w').write('x'))\n"
        "attempt(lambda: open('folder/new', 'w').write('x'))"
    )
    assert result.stdout.count(b"refused") == 3, result
    assert secret_file.read_text() == SECRET
    assert [each.name for each in secret_file.parent.iterdir()] == ["id_ed25519"]


async def test_a_planted_link_is_not_followed_when_a_readable_path_is_mounted(
    sandbox: Sandbox, copy: Path, tmp_path: Path
):
    workspace = tmp_path / "home" / "workspace"
    (workspace / ".venv").mkdir(parents=True)
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (copy / ".venv").symlink_to(elsewhere)
    result = await sandbox.run(
        Jail(copy, workspace, (workspace / ".venv" / "lib", workspace / ".venv")), ["/bin/true"], LIMITS
    )
    assert result.exit_code == 0
    assert list(elsewhere.iterdir()) == []


async def test_no_tcp_or_udp_to_the_host(python: Runner):
    with socket.create_server(("127.0.0.1", 0)) as tcp, socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp:
        udp.bind(("127.0.0.1", 0))
        udp.setblocking(False)
        result = await python(
            TRY + "import socket\n"
            "attempt(lambda: socket.create_connection(('127.0.0.1', int(sys.argv[1])), 2))\n"
            "attempt(lambda: socket.create_connection(('0.0.0.0', int(sys.argv[1])), 2))\n"
            "attempt(lambda: socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b'x', ('127.0.0.1', int(sys.argv[2]))))",
            *(str(each.getsockname()[1]) for each in (tcp, udp)),
        )
        assert result.stdout.count(b"refused") >= 2, result
        with pytest.raises(BlockingIOError):
            udp.recv(10)


async def test_no_unix_socket_of_the_host(python: Runner, tmp_path: Path):
    path = tmp_path / "daemon.sock"
    abstract = f"\0tercet-test-{os.getpid()}"
    with socket.socket(socket.AF_UNIX) as named, socket.socket(socket.AF_UNIX) as unnamed:
        named.bind(str(path))
        unnamed.bind(abstract)
        named.listen()
        unnamed.listen()
        result = await python(
            TRY + "import socket\nfor address in (sys.argv[1], chr(0) + sys.argv[2]):\n"
            "    attempt(lambda: socket.socket(socket.AF_UNIX).connect(address))",
            str(path),
            abstract[1:],
        )
    assert result.stdout.count(b"refused") == 2, result


async def test_a_host_socket_in_a_shown_folder_cannot_be_reached(python: Runner, short_folder: Path):
    """A read-only mount does not stop connect(2), nor does a pair of datagram sockets stay a pair."""
    stream, datagram = short_folder / "stream.sock", short_folder / "datagram.sock"
    with socket.socket(socket.AF_UNIX) as daemon, socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as log:
        daemon.bind(str(stream))
        daemon.listen()
        daemon.setblocking(False)
        log.bind(str(datagram))
        log.setblocking(False)
        for network in (False, True):
            result = await python(
                TRY + "import socket\n"
                "attempt(lambda: socket.socket(socket.AF_UNIX).connect(sys.argv[1]))\n"
                "attempt(lambda: socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM).sendto(b'x', sys.argv[2]))\n"
                "for kind in (socket.SOCK_DGRAM, socket.SOCK_RAW, socket.SOCK_STREAM, socket.SOCK_SEQPACKET):\n"
                "    attempt(lambda: socket.socketpair(socket.AF_UNIX, kind)[0].sendto(b'x', sys.argv[2]))\n"
                "    attempt(lambda: socket.socketpair(socket.AF_UNIX, kind)[0].connect(sys.argv[1]))\n"
                "    attempt(lambda: socket.socketpair(socket.AF_UNIX, kind)[0].connect(sys.argv[2]))\n",
                *(str(stream), str(datagram)),
                jail=replace(python.jail, network=network, readable=(*python.jail.readable, short_folder)),
            )
            with pytest.raises(BlockingIOError):
                daemon.accept()
            with pytest.raises(BlockingIOError):
                log.recv(10)
            assert result.stdout.count(b"refused") >= 10, result


async def test_an_event_loop_and_worker_processes_do_without_unix_sockets(python: Runner):
    """Without namespaces there is no shared memory for the locks of worker processes, a stated limit: they fail at once."""
    program = (
        "import asyncio, multiprocessing\nfrom concurrent.futures import ProcessPoolExecutor\n"
        "async def main():\n"
        "    process = await asyncio.create_subprocess_exec('echo', 'hello', stdout=-1)\n"
        "    print((await process.communicate())[0].decode().strip())\n"
        "asyncio.run(main())\n"
        "fork = multiprocessing.get_context('fork')\n"
        "with fork.Pool(2) as pool: print(pool.map(abs, [-1, -2]))\n"
        "with ProcessPoolExecutor(2, mp_context=fork) as pool: print(list(pool.map(abs, [-3])))\n"
    )
    result = await python(program)
    expected = [b"hello"] if python.sandbox.name == "process" else [b"hello", b"[1, 2]", b"[3]"]
    assert result.stdout.split(b"\n")[:-1] == expected, result


async def test_socket_pairs_work(python: Runner):
    program = "import socket; a, b = socket.socketpair(); a.send(b'hello'); print(b.recv(9))"
    assert (await python(program)).stdout == b"b'hello'\n"


async def test_with_network_the_host_is_reached(python: Runner):
    with socket.create_server(("127.0.0.1", 0)) as server:
        result = await python(
            TRY
            + "import socket\nattempt(lambda: socket.create_connection(('127.0.0.1', int(sys.argv[1])), 5) and 'connected')",
            str(server.getsockname()[1]),
            jail=replace(python.jail, network=True),
        )
    assert result.stdout == b"DID connected\n", result.stderr


async def test_no_signal_reaches_a_process_of_the_host(python: Runner):
    bystander = await asyncio.create_subprocess_exec("sleep", "60")
    try:
        await python(
            TRY + "import os, signal\n"
            "targets = [int(sys.argv[1]), int(sys.argv[2]), -int(sys.argv[1])]\n"
            "for target in targets: attempt(lambda: os.kill(target, signal.SIGKILL))\n"
            "attempt(lambda: os.kill(-1, signal.SIGTERM))",
            str(bystander.pid),
            str(os.getppid()),
        )
        assert bystander.returncode is None
        assert Path(f"/proc/{bystander.pid}/stat").read_text().split()[2] != "Z"
    finally:
        bystander.kill()
        await bystander.wait()


async def test_limits_and_priorities_of_the_host_stay(python: Runner):
    bystander = await asyncio.create_subprocess_exec("sleep", "60")
    try:
        await python(
            TRY + "import os, resource\npid = int(sys.argv[1])\n"
            "attempt(lambda: resource.prlimit(pid, resource.RLIMIT_CPU, (1, 1)))\n"
            "attempt(lambda: os.setpriority(os.PRIO_PROCESS, pid, 19))\n"
            "attempt(lambda: os.setpriority(os.PRIO_USER, 0, 19))\n",
            str(bystander.pid),
        )
        assert os.getpriority(os.PRIO_PROCESS, bystander.pid) == os.getpriority(os.PRIO_PROCESS, 0)
        assert "Max cpu time              unlimited" in Path(f"/proc/{bystander.pid}/limits").read_text()
    finally:
        bystander.kill()
        await bystander.wait()


CALLS = {
    "ptrace": 101,
    "chroot": 161,
    "mount": 165,
    "kexec_load": 246,
    "add_key": 248,
    "keyctl": 250,
    "unshare": 272,
    "perf_event_open": 298,
    "setns": 308,
    "process_vm_readv": 310,
    "bpf": 321,
    "userfaultfd": 323,
    "io_uring_setup": 425,
    "clone3": 435,
    "pidfd_getfd": 438,
}


@pytest.mark.skipif(os.uname().machine != "x86_64", reason="system call numbers of x86-64")
async def test_dangerous_system_calls_are_refused(python: Runner):
    result = await python(
        "import ctypes, sys\nlibc = ctypes.CDLL(None, use_errno=True)\n"
        "for number in sys.argv[1:]: print(libc.syscall(int(number), 0, 0, 0, 0, 0), ctypes.get_errno())",
        *map(str, CALLS.values()),
    )
    answers = dict(zip(CALLS, result.stdout.decode().splitlines(), strict=True))
    assert {call for call, answer in answers.items() if answer not in {"-1 1", "-1 38"}} == set()


@pytest.mark.skipif(os.uname().machine != "x86_64", reason="system call numbers of x86-64")
async def test_no_user_namespace_can_be_made(python: Runner):
    new_user_and_sigchld = 0x1000_0000 | 17
    result = await python(
        "import ctypes\nlibc = ctypes.CDLL(None, use_errno=True)\n"
        f"pid = libc.syscall(56, {new_user_and_sigchld}, 0, 0, 0, 0)\nprint(pid, ctypes.get_errno())"
    )
    assert result.stdout.startswith(b"-1 "), result


async def test_no_set_uid_file_is_left_and_none_gives_rights(python: Runner, copy: Path):
    result = await python(
        TRY + "import os, shutil, subprocess\nshutil.copyfile('/usr/bin/id', 'mine')\n"
        "os.open('made', os.O_CREAT | os.O_WRONLY, 0o755)\n"
        "attempt(lambda: os.chmod('mine', 0o4755))\n"
        "attempt(lambda: os.chmod('mine', 0o2755))\n"
        "attempt(lambda: os.open('new', os.O_CREAT | os.O_WRONLY, 0o6755))\n"
        "print(subprocess.run(['su', '-c', 'id'], capture_output=True).returncode)\n"
    )
    assert result.ending is Ending.EXITED
    assert not [each for each in copy.iterdir() if each.stat().st_mode & (stat.S_ISUID | stat.S_ISGID)], result


async def test_no_capability_is_left(python: Runner):
    """capget(2), for /proc is not readable everywhere. What root's daemon leaves to nobody: the use of others' files."""
    left = 1 << CAP_DAC_OVERRIDE if python.sandbox.name == "process" and os.geteuid() == 0 else 0
    result = await python(
        "import ctypes\nlibc = ctypes.CDLL(None)\nheader = (ctypes.c_uint32 * 2)(0x20080522, 0)\ndata = (ctypes.c_uint32 * 6)()\n"
        "print(libc.capget(header, data), list(data), libc.prctl(39, 0, 0, 0, 0))"
    )
    assert result.stdout.startswith(f"0 {[left, left, left, 0, 0, 0]} 1".encode()), result


async def test_git_of_the_copy_is_read_only_under_bubblewrap(python: Runner, copy: Path):
    subprocess.run(["git", "init", "-q", str(copy)], check=True)
    result = await python(TRY + "attempt(lambda: open('.git/config', 'a').write('x'))")
    if python.sandbox.name == "bubblewrap":
        assert result.stdout.startswith(b"refused"), result


@pytest.mark.parametrize("path", [Path("/"), Path.home(), Path.home().parent])
async def test_the_home_folder_is_never_shown(sandbox: Sandbox, jail: Jail, path: Path):
    with pytest.raises(SandboxFailed, match="home folder"):
        await sandbox.run(replace(jail, readable=(path,)), ["/bin/true"], Limits())

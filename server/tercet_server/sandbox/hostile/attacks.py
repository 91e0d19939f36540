"""The attacks, as data: Python programs that say REACHED for everything that they should not have been able to do.

`scene` holds what they aim at (see `scene.Scene.targets`). What they do to the host without saying so, the scene finds out.
"""

from dataclasses import dataclass

from tercet_server.ports import Ending, Limits

MB = 1024**2
LIMITS = Limits(
    wall_s=20.0, memory_bytes=192 * MB, processes=24, file_size_bytes=32 * MB, disk_bytes=64 * MB, output_bytes=MB
)

PRELUDE = """
import ctypes, json, os, signal, socket, subprocess, sys, time
scene = json.loads(sys.argv[1])
print("STARTED", flush=True)
def reached(what):
    print("REACHED", what, flush=True)
def attempt(what, action):
    try:
        action()
    except (OSError, subprocess.SubprocessError):
        return
    reached(what)
def call(number, *arguments):
    libc = ctypes.CDLL(None, use_errno=True)
    return libc.syscall(number, *arguments)
"""


@dataclass(frozen=True)
class Attack:
    """`endings`: how it may end; none: however. `x86_64` where it makes system calls by number."""

    name: str
    program: str
    endings: tuple[Ending, ...] = ()
    x86_64: bool = False
    limits: Limits = LIMITS


ATTACKS = (
    Attack(
        "fork bomb",
        "while True:\n    try: os.fork()\n    except OSError: pass",
        (Ending.PROCESSES, Ending.MEMORY),
    ),
    Attack(
        "memory, one process",
        "kept = []\nwhile True: kept.append(bytearray(b'x') * (8 << 20))",
        (Ending.MEMORY,),
    ),
    Attack(
        "memory, eight processes",
        "for _ in range(7):\n    if os.fork() == 0: break\nkept = bytearray(b'x') * (60 << 20)\ntime.sleep(60)",
        (Ending.MEMORY,),
    ),
    Attack(
        "fill /tmp",
        "folder = os.environ['TMPDIR']\nfor number in range(400):\n"
        "    with open(f'{folder}/{number}', 'wb') as file: file.write(b'x' * MB)\nreached('400 MB')",
    ),
    Attack(
        "fill /dev/shm",
        "for number in range(400):\n    with open(f'/dev/shm/{number}', 'wb') as file: file.write(b'x' * MB)\nreached('400 MB')",
    ),
    Attack(
        "one huge file",
        "with open('huge', 'wb') as file:\n    for _ in range(400): file.write(b'x' * MB)\nreached('400 MB')",
    ),
    Attack(
        "many files",
        "for number in range(400):\n    with open(f'many{number}', 'wb') as file: file.write(b'x' * MB)\n    time.sleep(0.02)\n"
        "reached('400 MB')",
        (Ending.DISK,),
    ),
    Attack(
        "write outside of the workspace",
        "for path in (scene['secret'], scene['outside'], '/usr/tercet', '/etc/tercet', '/tercet', scene['interpreter']):\n"
        "    try: open(path, 'a').write('x')\n    except OSError: pass",
    ),
    Attack(
        "read ~/.ssh",
        "attempt('the key', lambda: open(scene['secret']).read())\n"
        "attempt('the home folder', lambda: os.listdir(scene['home'] + '/.ssh'))",
    ),
    Attack(
        "secrets in the environment and in /proc",
        "import glob\nfor path in glob.glob('/proc/*/environ') + [f'/proc/{pid}/environ' for pid in range(1, 5000)]:\n"
        "    try: found = open(path, errors='replace').read()\n    except OSError: continue\n"
        "    if scene['word'] in found: reached(path)\n"
        "if scene['word'] in str(os.environ): reached('the environment')",
    ),
    Attack(
        "connect to 127.0.0.1 by TCP and UDP",
        "attempt('TCP', lambda: socket.create_connection(('127.0.0.1', scene['tcp']), 2))\n"
        "attempt('TCP by 0.0.0.0', lambda: socket.create_connection(('0.0.0.0', scene['tcp']), 2))\n"
        "try: socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b'x', ('127.0.0.1', scene['udp']))\nexcept OSError: pass",
    ),
    Attack(
        "connect to an abstract socket",
        "attempt('it', lambda: socket.socket(socket.AF_UNIX).connect(chr(0) + scene['abstract']))",
    ),
    Attack(
        "connect to the sockets of daemons",
        "for path in (scene['socket'], '/var/run/docker.sock', '/run/docker.sock'):\n"
        "    attempt(path, lambda: socket.socket(socket.AF_UNIX).connect(path))",
    ),
    Attack(
        "kill a process of the host",
        "for pid in (scene['bystander'], -scene['bystander']):\n    try: os.kill(pid, signal.SIGKILL)\n    except OSError: pass",
    ),
    Attack(
        "write through a symbolic link",
        "os.symlink(scene['secret'], 'link')\nos.symlink(os.path.dirname(scene['secret']), 'folder')\n"
        "for path in ('link', 'folder/new'):\n    try: open(path, 'a').write('x')\n    except OSError: pass",
    ),
    Attack(
        "leave a symbolic link for the host to follow",
        "os.unlink('data.txt')\nos.symlink(scene['secret'], 'data.txt')\nos.symlink(os.path.dirname(scene['secret']), 'deep')",
    ),
    Attack(
        "endless output, ignoring SIGTERM",
        "for number in (1, 2, 3, 15): signal.signal(number, signal.SIG_IGN)\nblock = b'x' * 65536\n"
        "while True: os.write(1, block); os.write(2, block)",
        (Ending.TIMEOUT,),
        limits=Limits(**{**LIMITS.__dict__, "wall_s": 1.0}),
    ),
    Attack(
        "leave a daemon running",
        "if os.fork() == 0:\n    os.setsid()\n    if os.fork(): os._exit(0)\n"
        "    for number in (1, 2, 3, 15): signal.signal(number, signal.SIG_IGN)\n    time.sleep(300)\ntime.sleep(0.1)",
        (Ending.EXITED,),
    ),
    Attack(
        "run and leave set-uid files",
        "import shutil\nshutil.copyfile('/bin/sh', 'mine')\n"
        "for mode in (0o4755, 0o2755):\n    try: os.chmod('mine', mode)\n    except OSError: pass\n"
        "try: os.open('made', os.O_CREAT | os.O_WRONLY, 0o6755)\nexcept OSError: pass\n"
        "if ctypes.CDLL(None).prctl(39, 0, 0, 0, 0) != 1: reached('new privileges')",
    ),
    Attack(
        "plant a git fsmonitor and hooks",
        "os.makedirs('.git/hooks', exist_ok=True)\n"
        "hook = '#!/bin/sh\\ntouch ' + scene['outside'] + '\\n'\n"
        "for path in ('hook', '.git/hooks/post-index-change', '.git/hooks/reference-transaction'):\n"
        "    try:\n        open(path, 'w').write(hook); os.chmod(path, 0o755)\n    except OSError: pass\n"
        "try: open('.git/config', 'a').write('[core]\\n\\tfsmonitor = ' + scene['copy'] + '/hook\\n')\nexcept OSError: pass",
    ),
    Attack(
        "ptrace another process",
        "child = subprocess.Popen(['/bin/sleep', '5'])\n"
        "if call(101, 16, child.pid, 0, 0) == 0: reached('its own child')\n"
        "if call(101, 16, scene['bystander'], 0, 0) == 0: reached('the host')\nchild.kill()",
        x86_64=True,
    ),
    Attack(
        "make a user namespace",
        "if call(272, 0x10000000) == 0: reached('by unshare')\n"
        "pid = call(56, 0x10000011, 0, 0, 0, 0)\nif pid == 0: os._exit(0)\nif pid > 0: reached('by clone')",
        x86_64=True,
    ),
    Attack("use io_uring", "if call(425, 8, ctypes.create_string_buffer(256)) >= 0: reached('a ring')", x86_64=True),
    Attack("use the kernel's key rings", "if call(250, 0, -3, 1) >= 0: reached('a session')", x86_64=True),
)

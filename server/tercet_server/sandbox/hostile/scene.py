"""What attacks aim at, made for the occasion: secrets, sockets, a process. Afterwards it says what was harmed.

Everything is made in a temporary folder; nothing of the user's is touched. Blocking.
"""

import json
import os
import secrets
import shutil
import socket
import stat
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

from tercet_server.files.folders import Folder
from tercet_server.sandbox import proctree, scratch

GIT = (
    *("git", "-c", "core.fsmonitor=false", "-c", "core.hooksPath=/dev/null", "-c", "safe.directory=*"),
    *("status", "--porcelain"),
)
"""As Tercet runs git on the host."""


class Scene:
    """`folder` is a private one of the host's; the copy that the code may write lies in it."""

    def __init__(self, folder: Path, opened: ExitStack) -> None:
        self.copy = folder / "copy"
        self.copy.mkdir()
        (self.copy / "data.txt").write_text("data", "utf-8")
        if git := shutil.which("git"):
            subprocess.run([git, "init", "-q", str(self.copy)], check=True, env={"PATH": os.environ["PATH"]})
        self.word = f"tercet-secret-{secrets.token_hex(8)}"
        """Marks everything that must not be seen or left over."""
        self.secret = folder / ".ssh" / "id_ed25519"
        self.secret.parent.mkdir()
        self.secret.write_text(self.word, "utf-8")
        self.outside = folder / "made-outside"
        self._tcp = opened.enter_context(socket.create_server(("127.0.0.1", 0)))
        self._udp = opened.enter_context(socket.socket(socket.AF_INET, socket.SOCK_DGRAM))
        self._udp.bind(("127.0.0.1", 0))
        self._named, self._abstract = (opened.enter_context(socket.socket(socket.AF_UNIX)) for _ in range(2))
        self._named.bind(str(folder / "socket"))
        self._abstract.bind(f"\0{self.word}")
        for each in (self._named, self._abstract):
            each.listen()
        for each in (self._tcp, self._udp, self._named, self._abstract):
            each.setblocking(False)
        self._bystander = subprocess.Popen(["/bin/sleep", "600"], env={"SECRET": self.word}, start_new_session=True)
        opened.callback(self._bystander.wait)
        opened.callback(self._bystander.kill)
        self._before = self._system_files()

    def targets(self, root_inside: Path) -> str:
        """What the programs are told, as JSON."""
        return json.dumps(
            {
                "word": self.word,
                "secret": str(self.secret),
                "home": str(Path.home()),
                "outside": str(self.outside),
                "copy": str(self.copy),
                "interpreter": f"{sys.base_prefix}/lib/tercet",
                "tcp": self._tcp.getsockname()[1],
                "udp": self._udp.getsockname()[1],
                "socket": self._named.getsockname(),
                "abstract": self.word,
                "bystander": self._bystander.pid,
            }
        )

    def harm(self) -> Iterator[str]:
        """Everything that an attack did to the host, in words."""
        if self.secret.read_text("utf-8") != self.word or [*self.secret.parent.iterdir()] != [self.secret]:
            yield "a file outside was changed"
        self._run_git()
        if self.outside.exists() or self._system_files() != self._before:
            yield "a file was made outside"
        for name, listener in (
            ("TCP", self._tcp),
            ("a daemon's socket", self._named),
            ("an abstract socket", self._abstract),
        ):
            with suppress(OSError):
                listener.accept()[0].close()
                yield f"{name} was reached"
        with suppress(OSError):
            self._udp.recv(10)
            yield "UDP was reached"
        if self._bystander.poll() is not None:
            yield "a process of the host was killed"
        yield from self._left_in_the_copy()
        if running(f"--{self.word}"):
            yield "processes were left running"

    def _left_in_the_copy(self) -> Iterator[str]:
        for path in self.copy.rglob("*"):
            found = path.lstat()
            if stat.S_ISREG(found.st_mode) and found.st_mode & (stat.S_ISUID | stat.S_ISGID):
                yield "a set-uid file was left"
        with Folder.open(self.copy) as folder, suppress(OSError), folder.read("data.txt") as file:
            if self.word.encode() in file.read():
                yield "a link was followed"

    def _run_git(self) -> None:
        """In what the code has left."""
        if (self.copy / ".git").exists():
            environment = {"PATH": os.environ.get("PATH", os.defpath), "GIT_OPTIONAL_LOCKS": "0"}
            subprocess.run(GIT, cwd=self.copy, env=environment, capture_output=True, check=False, timeout=20)

    def _system_files(self) -> Sequence[bool]:
        return [
            Path(path).exists() for path in ("/usr/tercet", "/etc/tercet", "/tercet", f"{sys.base_prefix}/lib/tercet")
        ]


def running(argument: str) -> bool:
    """Whether a process of this machine has this argument."""
    for name in os.listdir(proctree.PROC):
        with suppress(OSError):
            process = proctree.PROC / name
            if name.isdigit() and argument.encode() in (process / "cmdline").read_bytes().split(b"\0"):
                state = (process / "stat").read_text("utf-8", "replace").rpartition(")")[2].split()[0]
                if state != "Z":
                    return True
    return False


@contextmanager
def scene() -> Iterator[Scene]:
    folder = Path(tempfile.mkdtemp(prefix="tercet-trial-"))
    try:
        with ExitStack() as opened:
            yield Scene(folder, opened)
    finally:
        scratch.remove(folder)

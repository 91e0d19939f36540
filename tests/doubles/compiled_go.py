"""Go's standard library, compiled once for all tests and kept in the virtual environment: it takes 15 s of processor time."""

import fcntl
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

_TEST = 'package warm\n\nimport (\n\t_ "errors"\n\t_ "fmt"\n\t"testing"\n)\n\nfunc TestX(t *testing.T) {}\n'
_PATH = "/usr/local/go/bin:/usr/local/bin:/usr/bin:/bin"
ASKING = {"PATH": _PATH, "HOME": "/nonexistent", "GOTELEMETRY": "off"}
"""An environment in which Go says where it stands."""


def has_go() -> bool:
    return shutil.which("go", path=_PATH) is not None


def lend_compiled_go(cache: Path) -> None:
    """Puts a copy into a workspace's cache folder. The tests may run in several processes; one of them compiles."""
    kept = Path(sys.prefix) / "go-cache"
    environment = {"PATH": _PATH, "HOME": str(kept), "GOCACHE": str(kept), "GOTELEMETRY": "off"}
    version = subprocess.run(["go", "version"], env=environment, check=True, capture_output=True, timeout=60).stdout
    with Path(f"{kept}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        done = Path(f"{kept}.done")
        if not done.exists() or done.read_bytes() != version or not kept.is_dir():
            _compile(environment)
            done.write_bytes(version)
    cache.mkdir(parents=True, exist_ok=True)
    shutil.copytree(kept, cache / "go-build")


def _compile(environment: dict[str, str]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "go.mod").write_text("module warm\n")
        Path(folder, "warm_test.go").write_text(_TEST)
        test = ["go", "test", "-vet=off"]
        for command in ([*test, "."], [*test, "-c", "-cover", "-o", "/dev/null", "."], ["go", "vet", "."]):
            subprocess.run(command, cwd=folder, env=environment, check=True, timeout=300)

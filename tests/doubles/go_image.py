"""An image with this machine's Go and a shell, made without a registry: what `tercet sandbox build go` makes from Debian's."""

import io
import subprocess
import tarfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.doubles.compiled_go import ASKING

PROGRAMS = ("/bin/sh", "/bin/cat", "/bin/chmod", "/bin/echo", "/bin/grep", "/bin/rm", "/usr/bin/find", "/usr/bin/head")
MARK = "/image-of-go"
_UNNEEDED = frozenset({"cmd", "testdata"})


@contextmanager
def go_image(host: str, archive: Path) -> Iterator[str]:
    """Puts the image into the engine at `host`; its name. `archive` is a file to write on the way. Blocking."""
    from tercet_server.sandbox.docker import Engine  # noqa: PLC0415  # heavy

    _write(archive)
    engine = Engine(host)
    try:
        engine.api.import_image_from_file(str(archive), repository="tercet-sandbox", tag="go")
        archive.unlink()
        yield "tercet-sandbox:go"
        engine.api.remove_image("tercet-sandbox:go", force=True)
    finally:
        engine.close()


def _write(archive: Path) -> None:
    said = subprocess.run(["go", "env", "GOROOT"], env=ASKING, check=True, capture_output=True, text=True).stdout
    root = Path(said.strip())
    with tarfile.open(archive, "w", dereference=True) as tar:
        for name in ("bin/go", "bin/gofmt", "VERSION", "go.env", "src", "pkg/include", "pkg/tool"):
            if (root / name).exists():
                tar.add(root / name, f"usr/local/go/{name}", filter=_needed)
        for file in dict.fromkeys(each for program in PROGRAMS for each in (program, *_libraries(program))):
            tar.add(file, file.lstrip("/"))
        mark = tarfile.TarInfo(MARK.lstrip("/"))
        mark.size = 2
        tar.addfile(mark, io.BytesIO(b"go"))


def _needed(entry: tarfile.TarInfo) -> tarfile.TarInfo | None:
    parts = entry.name.split("/")
    return None if _UNNEEDED & set(parts) or entry.name.endswith("_test.go") else entry


def _libraries(program: str) -> list[str]:
    said = subprocess.run(["ldd", program], check=True, capture_output=True, text=True).stdout
    return [word for word in said.split() if word.startswith("/")]

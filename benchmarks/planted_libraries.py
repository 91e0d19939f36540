"""The projects that faults are planted into: source distributions with their own tests, pinned, and fetched by pip at run time.

Chosen by what can be known without running a repair: pure Python, nothing but pytest needed, the whole suite green in a few
seconds. pip checks every hash.
"""

import shutil
import subprocess
import sys
import tarfile
import tempfile
from dataclasses import dataclass
from pathlib import Path

from benchmarks.report import say

PYTEST_INI = "[pytest]\npythonpath = . src\naddopts =\n"
"""In place of each project's own: sources are found where they lie, and no plugin is asked for."""


@dataclass(frozen=True)
class Library:
    """`source` is the folder into which faults are planted, `tests` what pytest is given; below the distribution's root."""

    name: str
    version: str
    sha256: str
    source: str
    tests: str


LIBRARIES = (
    Library(
        "boltons", "26.2.0", "d39cfd15c1a1c3bd4d705c82252fa9edb8e4f5e8cc039f8e39afac7b1b47e92c", "boltons", "tests"
    ),
    Library(
        "cachetools",
        "8.0.2",
        "30ac523adfc118b51d2b2e7bad8a0ddb31370dfe2700c7f10ca224f36ccf81e0",
        "src/cachetools",
        "tests",
    ),
    Library(
        "inflection",
        "0.5.1",
        "1a29730d366e996aaacffb2f1f1cb9593dc38e2ddd30c91250c6dde09ea9b417",
        "inflection",
        "test_inflection.py",
    ),
    Library(
        "isodate", "0.7.2", "4cd1aa0f43ca76f4a6c6c0292a85f40b35ec2e43e315b59f06e6d32171a953e6", "src/isodate", "tests"
    ),
    Library("parse", "1.22.4", "706d458feed5a81b02768d3156e8070baf6cee7d150a3a3c0cd43101a875c3b5", "parse", "tests"),
    Library(
        "schema",
        "0.7.8",
        "e86cc08edd6fe6e2522648f4e47e3a31920a76e82cce8937535422e310862ab5",
        "schema",
        "test_schema.py",
    ),
    Library(
        "semver", "3.1.2", "bea193552413194252d33ff26ce0962b76669bd1c6fb17e8e203ac37f072feaf", "src/semver", "tests"
    ),
    Library(
        "simpleeval",
        "1.0.8",
        "b417f869c11f2de034eb919820a825f35d12ce99f63a43971947ce73679eb9ba",
        "simpleeval.py",
        "tests",
    ),
    Library(
        "sqlparse", "0.6.1", "ca722573f848ff2d30e40ea30f53a104b7dea7635ea9285891263eb2c58fb6e7", "sqlparse", "tests"
    ),
    Library(
        "toolz", "1.2.0", "9667a038e9d6ecba37995e26cb2f59ec6420b6ad8dd9677de59db9b956b08490", "toolz", "toolz/tests"
    ),
)


def fetched(library: Library, cache: Path) -> Path:
    """The unpacked distribution, from the cache or through pip. Raises CalledProcessError if pip cannot get it."""
    root = cache / f"{library.name}-{library.version}-{library.sha256[:12]}"
    if not root.exists():
        say(f"{library.name} {library.version}: fetching")
        cache.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=cache) as folder:
            unpack(_downloaded(library, Path(folder)), Path(folder) / "unpacked")
            (Path(folder) / "unpacked").rename(root)
    return root


def unpack(archive: Path, root: Path) -> None:
    """A distribution's files without its top folder, what a build left in it and its settings of pytest."""
    with tarfile.open(archive) as opened, tempfile.TemporaryDirectory(dir=archive.parent) as folder:
        opened.extractall(folder, filter="data")
        (top,) = Path(folder).iterdir()
        shutil.copytree(top, root, ignore=shutil.ignore_patterns("__pycache__", "*.egg-info"))
    (root / "pytest.ini").write_text(PYTEST_INI, "utf-8")


def sources(library: Library, root: Path) -> dict[str, str]:
    """path → text of the files that may be changed."""
    top = root / library.source
    files = [top] if top.is_file() else sorted(top.rglob("*.py"))
    tests = (root / library.tests).resolve()
    return {
        file.relative_to(root).as_posix(): file.read_text("utf-8")
        for file in files
        if tests not in file.resolve().parents and not file.name.startswith("test_")
    }


def _downloaded(library: Library, folder: Path) -> Path:
    wanted = folder / "wanted.txt"
    wanted.write_text(f"{library.name}=={library.version} --hash=sha256:{library.sha256}\n", "utf-8")
    command = [sys.executable, "-m", "pip", "download", "-q", "--disable-pip-version-check", "--no-deps"]
    command += ["--no-binary", ":all:", "--require-hashes", "-r", str(wanted), "-d", str(folder)]
    subprocess.run(command, check=True, stdout=sys.stderr)
    (archive,) = folder.glob("*.tar.gz")
    return archive

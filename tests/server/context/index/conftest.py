"""A workspace with a little project, and its index."""

import os
import subprocess
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pytest
from tercet_server.context.index import Snapshot, WorkspaceIndex

SHOP = {
    "shop/cart.py": (
        '"""The cart of a shop."""\n\nfrom shop.money import total_price\n\n\nclass Cart:\n    """What a customer wants."""\n\n'
        "    def checkout(self, customer):\n        # charges the card\n        return total_price(self.items)\n"
    ),
    "shop/money.py": 'RATE = 1\n\n\ndef total_price(items):\n    """Sums up, taxes included."""\n    return sum(items) * RATE\n',
    "README.md": "# Shop\n\nSells things.\n",
}


@pytest.fixture
def root(tmp_path: Path) -> Path:
    folder = tmp_path / "project"
    folder.mkdir()
    write(folder, SHOP)
    return folder


@pytest.fixture
def opened(tmp_path: Path, root: Path) -> Iterator[Callable[..., WorkspaceIndex]]:
    """Opens the index of the project, as often as a test asks; closes what is left open."""
    indexes: list[WorkspaceIndex] = []

    def make(*, trusted: bool = False, folder: Path | None = None) -> WorkspaceIndex:
        indexes.append(WorkspaceIndex.open(folder or tmp_path / "cache", root, trusted=trusted))
        return indexes[-1]

    yield make
    for index in indexes:
        index.close()


@pytest.fixture
def index(opened: Callable[..., WorkspaceIndex]) -> WorkspaceIndex:
    """Built."""
    made = opened()
    made.build()
    return made


def write(root: Path, files: Mapping[str, str | bytes]) -> None:
    for path, content in files.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_bytes(content.encode() if isinstance(content, str) else content)


def paths(snapshot: Snapshot) -> list[str]:
    return [file.path for file in snapshot.files]


def names(snapshot: Snapshot, path: str) -> list[str]:
    """Of what a file defines."""
    number = snapshot.number_of(path)
    assert number is not None, f"{path} is not in the index"
    return [definition.name for definition in snapshot.definitions(number)]


def git(root: Path, *arguments: str, at: str | None = None) -> str:
    identity = ["-c", "user.name=A", "-c", "user.email=a@example.org", "-c", "protocol.file.allow=always"]
    dates = {} if at is None else {"GIT_AUTHOR_DATE": at, "GIT_COMMITTER_DATE": at}
    command = ["git", *identity, "-C", str(root), *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=True, env={**os.environ, **dates})
    return done.stdout.strip()


def committed(root: Path, message: str) -> str:
    """The hash of a commit of everything as it is, a minute later than the one before."""
    git(root, "add", "-A")
    minutes = git(root, "rev-list", "--all", "--count")
    git(root, "commit", "-q", "--allow-empty", "-m", message, at=f"2026-01-01T00:{int(minutes):02}:00Z")
    return git(root, "rev-parse", "HEAD")

"""What a workspace's own links, `pyvenv.cfg` and path files cannot make the sandbox show: secrets, and daemons' sockets."""

import socket
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from tercet_server.checks.pytest.installation import readable_folders


@dataclass(frozen=True)
class Place:
    """A user's home with secrets, and a hostile workspace with a virtual environment in it."""

    home: Path
    root: Path

    @property
    def python(self) -> Path:
        return self.root / ".venv" / "bin" / "python"

    @property
    def key(self) -> Path:
        return self.home / ".ssh" / "id_ed25519"

    def shown(self, executable: Path | None = None) -> set[Path]:
        return set(readable_folders(executable or self.python, self.root))

    def shown_by_path_file(self, *folders: Path | str) -> set[Path]:
        text = "\n".join(map(str, folders))
        (self.root / ".venv/lib/python3.12/site-packages/x.pth").write_text(text, "utf-8")
        return self.shown()


@pytest.fixture
def place(monkeypatch: pytest.MonkeyPatch) -> Iterator[Place]:
    """Its path is short: a Unix socket's may have 107 bytes at most."""
    with tempfile.TemporaryDirectory(prefix="t-") as folder:
        place = Place(Path(folder).resolve() / "home", Path(folder).resolve() / "home" / "work")
        (place.root / ".venv/lib/python3.12/site-packages").mkdir(parents=True)
        (place.root / ".venv/bin").mkdir()
        (place.root / ".venv/pyvenv.cfg").write_text("home = /nowhere/bin\n", "utf-8")
        place.key.parent.mkdir()
        place.key.write_text("secret", "utf-8")
        (place.key.parent / "module.py").touch()
        monkeypatch.setenv("HOME", str(place.home))
        monkeypatch.setenv("TERCET_HOME", str(place.home / "state"))
        yield place


def test_the_environment_itself_is_shown(place: Place):
    assert place.shown() == {place.root / ".venv"}


@pytest.mark.parametrize(
    "system", ["/run", "/var/run", "/run/user", "/proc", "/sys", "/dev", "/etc", "/tmp", "/var", "/"]
)
def test_a_path_file_shows_nothing_of_the_system(place: Place, system: str):
    assert place.shown_by_path_file(system) == {place.root / ".venv"}


def test_a_path_file_shows_no_secrets_nor_what_is_no_source_tree(place: Place):
    state, papers, dotted = (place.home / name for name in ("state", "papers", ".hidden"))
    for folder in (state, papers, dotted):
        folder.mkdir()
        (folder / "notes.txt").touch()
    for folder in (state, dotted):
        (folder / "module.py").touch()
    link = place.root / "link"
    link.symlink_to(place.key.parent)
    assert place.shown_by_path_file(place.home, place.key.parent, state, papers, dotted, link) == {place.root / ".venv"}


def test_a_path_file_shows_source_trees(place: Place):
    module, package = place.home / "modules", place.home / "packages"
    (package / "shop").mkdir(parents=True)
    (package / "shop" / "__init__.py").touch()
    module.mkdir()
    (module / "shop.py").touch()
    assert place.shown_by_path_file(module, package) == {place.root / ".venv", module, package}


def test_a_source_tree_with_a_socket_in_it_is_not_shown(place: Place):
    tree = place.home / "tree"
    tree.mkdir()
    (tree / "module.py").touch()
    with socket.socket(socket.AF_UNIX) as daemon:
        daemon.bind(str(tree / "s"))
        assert place.shown_by_path_file(tree) == {place.root / ".venv"}


def test_a_configured_home_shows_no_key(place: Place):
    (place.root / ".venv/pyvenv.cfg").write_text(f"home = {place.key.parent}\n", "utf-8")
    (place.root / ".venv/bin/id_ed25519").touch()
    assert place.shown(place.root / ".venv/bin/id_ed25519") == set()
    assert place.shown() == {place.root / ".venv"}


@pytest.mark.parametrize("steps", [(), ("python3",), ("elsewhere/python3", "elsewhere/python3.12")])
def test_an_interpreter_that_is_a_link_shows_no_key(place: Place, steps: tuple[str, ...]):
    last = place.python
    for step in steps:
        target = place.root / step
        target.parent.mkdir(exist_ok=True)
        last.symlink_to(target)
        last = target
    last.symlink_to(place.key)
    assert not any(place.key.is_relative_to(each.resolve()) for each in place.shown())


def test_a_key_named_like_an_interpreter_is_not_shown(place: Place):
    key = place.key.rename(place.key.with_name("python3"))
    place.python.symlink_to(key)
    assert place.shown() == {place.root / ".venv"}


def test_a_part_of_an_installation_that_leads_out_of_it_is_not_shown(place: Place):
    fake = place.home / "fake"
    (fake / "bin").mkdir(parents=True)
    (fake / "bin" / "python3").touch()
    (fake / "Lib").mkdir()
    (fake / "Lib" / "os.py").touch()
    (fake / "include").symlink_to(place.home / "papers")
    (place.home / "papers").mkdir()
    place.python.symlink_to(fake / "bin" / "python3")
    assert place.shown() == {place.root / ".venv", fake / "bin", fake / "Lib"}


def test_an_installation_in_a_hidden_folder_of_the_home_is_shown(place: Place):
    pyenv = place.home / ".pyenv/versions/3.12.1"
    (pyenv / "bin").mkdir(parents=True)
    (pyenv / "lib/python3.12").mkdir(parents=True)
    (pyenv / "lib/python3.12/os.py").touch()
    (pyenv / "bin/python3.12").touch()
    (pyenv / "lib64").symlink_to("lib")
    place.python.symlink_to(pyenv / "bin/python3.12")
    assert place.shown() == {place.root / ".venv", pyenv / "bin", pyenv / "lib", pyenv / "lib64"}

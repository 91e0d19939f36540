"""Finds the executables of other languages' tools, and what of the host they need to be seen. Runs nothing."""

import os
import shutil
import tomllib
from collections.abc import Sequence
from pathlib import Path

_SYSTEM = ("/usr/local/bin", "/usr/bin", "/bin", "/usr/local/go/bin")
_OF_SYSTEM = tuple(Path(name) for name in ("/usr", "/bin", "/lib", "/sbin"))


def find(name: str) -> Path | None:
    """The executable of this name on the user's PATH or in the system's folders, with its links kept."""
    folders = [folder for folder in os.environ.get("PATH", "").split(os.pathsep) if os.path.isabs(folder)]
    found = shutil.which(name, path=os.pathsep.join((*folders, *_SYSTEM)))
    return _of_rustup(Path(found)) if found else None


def _of_rustup(program: Path) -> Path:
    """What a proxy of rustup would start: the proxy itself needs its settings and writes to its home."""
    if program.resolve().name != "rustup":
        return program
    beside = program.parent.parent.with_name(".rustup")  # of ~/.cargo/bin, whoever's home that is
    home = Path(os.environ.get("RUSTUP_HOME") or (beside if beside.is_dir() else Path.home() / ".rustup"))
    try:
        chosen = tomllib.loads((home / "settings.toml").read_text("utf-8")).get("default_toolchain")
    except (OSError, ValueError):
        return program
    real = home / "toolchains" / str(chosen) / "bin" / program.name
    return real if real.is_file() else program


def installation(executable: Path) -> tuple[Path, ...]:
    """The folder that an executable was installed in (`bin` and what stands beside it); none for one of the system's."""
    real = executable.resolve()
    if any(real.is_relative_to(folder) for folder in _OF_SYSTEM):
        return ()
    prefix = real.parent.parent if real.parent.name == "bin" else real.parent
    looks_like_one = prefix != Path.home().resolve() and not Path.home().resolve().is_relative_to(prefix)
    return (prefix,) if looks_like_one and prefix.parent != prefix else (real,)


def search_path(*executables: Path) -> str:
    """A PATH for inside: the folders of the executables, then the system's."""
    return os.pathsep.join(dict.fromkeys([*(str(each.parent) for each in executables), *_SYSTEM]))


def matching(patterns: Sequence[str]) -> tuple[Path, ...]:
    """The files and folders of the system that absolute patterns name."""
    return tuple(found for pattern in patterns for found in sorted(Path("/").glob(pattern.lstrip("/"))))

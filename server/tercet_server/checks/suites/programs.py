"""Finds the executables of other languages' tools, and what of the host they need to be seen. Runs nothing."""

import os
import shutil
from pathlib import Path

_SYSTEM = ("/usr/local/bin", "/usr/bin", "/bin", "/usr/local/go/bin")
_OF_SYSTEM = tuple(Path(name) for name in ("/usr", "/bin", "/lib", "/sbin"))


def find(name: str) -> Path | None:
    """The executable of this name on the user's PATH or in the system's folders, with its links kept."""
    folders = [folder for folder in os.environ.get("PATH", "").split(os.pathsep) if os.path.isabs(folder)]
    found = shutil.which(name, path=os.pathsep.join((*folders, *_SYSTEM)))
    return Path(found) if found else None


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

"""Finds what of the host an interpreter needs to be readable inside the sandbox, without executing any of it.

Links, `pyvenv.cfg` and path files (`.pth`) may be the workspace's own and hostile: they only propose, and a folder is
shown if it looks like what it is proposed as and is none of those that hold secrets or the sockets of daemons.
"""

import os
import re
import stat
from itertools import islice
from pathlib import Path

from tercet_shared import discovery

_LINKS_FOLLOWED = 16
_EXECUTABLE = re.compile(r"(python|pypy)w?\d*(\.\d+)*t?(\.exe)?", re.IGNORECASE)
_STANDARD_LIBRARIES = ("lib/python3*/os.py", "lib64/python3*/os.py", "lib/pypy3*/os.py", "Lib/os.py")
_PARTS_OF_A_PREFIX = ("bin", "lib", "lib64", "libexec", "include", "Scripts", "Lib", "DLLs", "Frameworks")
_PATH_FILES_READ = 64
_PATH_FILE_BYTES = 64 * 1024
_ENTRIES_LOOKED_AT = 10_000
_SYSTEMS = tuple(Path(name) for name in ("/run", "/var/run", "/proc", "/sys", "/dev", "/etc"))
"""Sockets of daemons, devices, the system's secrets: neither these nor anything below."""
_SHARED = tuple(Path(name) for name in ("/tmp", "/var", "/var/tmp"))  # noqa: S108  # named only to be refused
"""Never as a whole."""
_SECRETS = (
    *(".ssh", ".gnupg", ".aws", ".azure", ".config", ".kube", ".docker", ".mozilla", ".password-store", ".netrc"),
    *(".local/share/keyrings", ".git-credentials", ".pypirc", ".npmrc"),
)
"""Entries of the user's home."""


def readable_folders(executable: Path, root: Path) -> tuple[Path, ...]:
    """The folders and files of an installation: its virtual environment, the Python that it was made from, and the
    folders that its path files (`.pth`) add, except those below `root`, which the copy replaces.

    Of a prefix that is no virtual environment only the parts that belong to Python are named: it may be the user's
    home or `~/.local`.
    """
    found: dict[Path, None] = {}
    for link in _links(executable):
        _add_installation(found, link)
    environment = _environment_of(executable)
    if environment is not None:
        home = _home_of(environment)
        if home is not None:
            for link in _links(home / executable.name):
                _add_installation(found, link)
        for folder in _added_folders(environment, root):
            found[folder] = None
    for each in list(found):
        found[each.resolve()] = None
    return tuple(each for each in found if each.exists() and not _is_private(each.resolve(), root.resolve()))


def environment_variables(executable: Path) -> dict[str, str]:
    """What activating the interpreter's environment would set."""
    path = os.pathsep.join([str(executable.parent), "/usr/local/bin", "/usr/bin", "/bin"])
    environment = _environment_of(executable)
    return {"PATH": path, **({"VIRTUAL_ENV": str(environment)} if environment is not None else {})}


def last_installed(executable: Path) -> tuple[int, ...]:
    """When a distribution was last put into or taken out of the interpreter's environment: the times of its folders, in ns."""
    prefix = executable.parent.parent
    folders = (*sorted(prefix.glob("lib*/python3*/*-packages")), prefix / "Lib" / "site-packages")
    return tuple(folder.stat().st_mtime_ns for folder in folders if folder.is_dir())


def _links(executable: Path) -> list[Path]:
    """The executable and every link on the way to the real one."""
    chain = [executable]
    for _ in range(_LINKS_FOLLOWED):
        try:
            target = chain[-1].readlink()
        except OSError:
            break
        chain.append(Path(os.path.normpath(chain[-1].parent / target)))
    return chain


def _add_installation(found: dict[Path, None], executable: Path) -> None:
    if not _EXECUTABLE.fullmatch(executable.name):
        return
    folder = executable.parent
    prefix = folder.parent if folder.name in {"bin", "Scripts"} else folder
    if (prefix / "pyvenv.cfg").is_file():
        found[prefix] = None
    elif any(any(prefix.glob(pattern)) for pattern in _STANDARD_LIBRARIES):
        for part in (prefix / name for name in _PARTS_OF_A_PREFIX):
            if part.is_dir() and part.resolve().is_relative_to(prefix.resolve()):
                found[part] = None
    elif executable.is_file() and _EXECUTABLE.fullmatch(executable.resolve().name):
        found[executable] = None


def _environment_of(executable: Path) -> Path | None:
    prefix = executable.parent.parent
    return prefix if (prefix / "pyvenv.cfg").is_file() else None


def _home_of(environment: Path) -> Path | None:
    """The folder of the executable that a virtual environment was made with, as `pyvenv.cfg` names it."""
    try:
        text = (environment / "pyvenv.cfg").read_text("utf-8", "replace")
    except OSError:
        return None
    for line in text.splitlines():
        key, _, value = line.partition("=")
        if key.strip().lower() == "home" and Path(value.strip()).is_absolute():
            return Path(value.strip())
    return None


def _added_folders(environment: Path, root: Path) -> list[Path]:
    folders = []
    for site in (*environment.glob("lib/python3*/site-packages"), environment / "Lib" / "site-packages"):
        for path_file in sorted(site.glob("*.pth"))[:_PATH_FILES_READ]:
            folders += [each for each in _named_folders(path_file) if _may_be_shown(each, root)]
    return folders


def _named_folders(path_file: Path) -> list[Path]:
    try:
        with path_file.open("rb") as opened:
            text = opened.read(_PATH_FILE_BYTES).decode("utf-8", "replace")
    except OSError:
        return []
    return [Path(line.strip()) for line in text.splitlines() if line.startswith(("/", "\\")) or line[1:3] == ":\\"]


def _may_be_shown(folder: Path, root: Path) -> bool:
    """A folder of code beside the workspace; not the user's home, a hidden folder of it, or anything around it."""
    resolved = folder.resolve()
    home = Path.home().resolve()
    if not resolved.is_dir() or resolved.is_relative_to(root) or _is_private(resolved, root):
        return False
    if resolved.is_relative_to(home) and resolved.relative_to(home).parts[0].startswith("."):
        return False
    return _is_source_tree(resolved)


def _is_private(resolved: Path, root: Path) -> bool:
    """Whether a folder or file holds, or lies in, what code of the workspace at `root` may never see."""
    home = Path.home().resolve()
    if resolved.is_relative_to(root) and not home.is_relative_to(root):
        return False  # the workspace's own, wherever it stands
    if resolved in _SHARED or any(resolved.is_relative_to(system) for system in _SYSTEMS):
        return True
    own = discovery.home().resolve()
    secrets = [own, *((home / name).resolve() for name in _SECRETS)]
    return any(kept.is_relative_to(resolved) for kept in (home, *secrets, *_SYSTEMS)) or any(
        resolved.is_relative_to(secret) for secret in secrets
    )


def _is_source_tree(folder: Path) -> bool:
    """Has a module or a package directly in it, and no socket, which a read-only mount would not keep from being used."""
    has_code = False
    try:
        with os.scandir(folder) as entries:
            for entry in islice(entries, _ENTRIES_LOOKED_AT):
                if stat.S_ISSOCK(entry.stat(follow_symlinks=False).st_mode):
                    return False
                has_code = has_code or entry.name.endswith(".py") or os.path.isfile(f"{entry.path}/__init__.py")
            return has_code and next(entries, None) is None
    except OSError:
        return False

"""Finds what of the host an interpreter needs to be readable inside the sandbox, without executing any of it."""

import os
from pathlib import Path

_LINKS_FOLLOWED = 16
_PARTS_OF_A_PREFIX = ("bin", "lib", "lib64", "libexec", "include", "Scripts", "Lib", "DLLs", "Frameworks")
_PATH_FILES_READ = 64
_PATH_FILE_BYTES = 64 * 1024


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
    return tuple(each for each in found if each != Path(each.anchor) and each.exists())


def environment_variables(executable: Path) -> dict[str, str]:
    """What activating the interpreter's environment would set."""
    path = os.pathsep.join([str(executable.parent), "/usr/local/bin", "/usr/bin", "/bin"])
    environment = _environment_of(executable)
    return {"PATH": path, **({"VIRTUAL_ENV": str(environment)} if environment is not None else {})}


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
    folder = executable.parent
    prefix = folder.parent if folder.name in {"bin", "Scripts"} else folder
    if (prefix / "pyvenv.cfg").is_file():
        found[prefix] = None
    elif any((prefix / "lib").glob("python3*")) or (prefix / "Lib").is_dir():
        for part in _PARTS_OF_A_PREFIX:
            if (prefix / part).is_dir():
                found[prefix / part] = None
    elif executable.exists():
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
    if not resolved.is_dir() or resolved.is_relative_to(root) or home.is_relative_to(resolved):
        return False
    return not (resolved.is_relative_to(home) and resolved.relative_to(home).parts[0].startswith("."))

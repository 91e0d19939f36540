"""What every sandbox shows of the host: a short environment and the system's own read-only folders. Nothing of the user's."""

from collections.abc import Sequence
from pathlib import Path, PurePosixPath

from tercet_shared.errors import SandboxFailed

from tercet_server.ports import Jail

SYSTEM_FOLDERS = ("/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32", "/nix/store")
ETC = (
    *("alternatives", "ca-certificates", "crypto-policies", "fonts", "gai.conf", "host.conf", "hosts", "ld.so.cache"),
    *("ld.so.conf", "ld.so.conf.d", "locale.alias", "localtime", "magic", "mime.types", "nsswitch.conf", "os-release"),
    *("pki/tls/certs", "pki/ca-trust", "protocols", "services", "ssl/certs", "ssl/openssl.cnf", "terminfo", "timezone"),
)
"""Entries of /etc without accounts, hosts' keys or passwords."""


def base_environment(home: str, temporary: str) -> dict[str, str]:
    """The allow-list. Hash seeds are fixed so that a run can be repeated."""
    return {
        "HOME": home,
        "LANG": "C.UTF-8",
        "LOGNAME": "tercet",
        "PATH": "/usr/local/bin:/usr/bin:/bin",
        "PYTHONDONTWRITEBYTECODE": "1",
        "PYTHONHASHSEED": "0",
        "PYTHONNOUSERSITE": "1",
        "TERM": "dumb",
        "TMPDIR": temporary,
        "USER": "tercet",
    }


def system_paths() -> list[Path]:
    """The system's folders and the entries of /etc that exist here."""
    candidates = [*map(Path, SYSTEM_FOLDERS), *(Path("/etc") / name for name in ETC)]
    return [path for path in candidates if path.exists()]


def readable_paths(jail: Jail) -> list[Path]:
    """`jail.readable` without what every sandbox shows anyway and what does not exist; links followed and kept.

    Raises SandboxFailed for a folder that holds the user's home: that would show everything.
    """
    shown = [Path(folder).resolve() for folder in SYSTEM_FOLDERS]
    wanted: list[Path] = []
    for path in jail.readable:
        for each in dict.fromkeys((path.absolute(), path.resolve())):
            if each.exists() and each not in wanted and not any(each.is_relative_to(folder) for folder in shown):
                wanted.append(each)
    _refuse_the_home(wanted)
    return wanted


def working_folder(root_inside: Path, cwd: str) -> Path:
    """`cwd` below the root of the copy. Raises SandboxFailed for a path that leads out of it."""
    relative = PurePosixPath(cwd)
    if relative.is_absolute() or ".." in relative.parts or "\0" in cwd:
        raise SandboxFailed(f"Cannot run in {cwd!r}: give a folder inside the workspace, relative to its root.")
    return root_inside / relative


def _refuse_the_home(paths: Sequence[Path]) -> None:
    home = Path.home().resolve()
    for path in paths:
        if home.is_relative_to(path):
            raise SandboxFailed(
                f"The sandbox would show {path}, which holds your home folder. "
                "Use an interpreter in a folder of its own, such as a virtual environment."
            )

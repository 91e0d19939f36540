"""Runs git on the host, to read. Only for folders that the user trusts: a repository's configuration can make git run anything."""

import os
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path

from tercet_shared.errors import DeadlineExceeded, Unsupported

_SAFELY = (
    *("-c", "core.fsmonitor=false", "-c", "core.hooksPath=/dev/null", "-c", "core.quotePath=false"),
    *("-c", "log.showSignature=false"),  # it starts gpg for every commit
)


def git(
    folder: Path, arguments: Sequence[str], deadline_s: float, *, given: bytes = b"", accepted: Sequence[int] = (0,)
) -> bytes:
    """What git printed. Raises Unsupported (not installed, no repository, it failed), DeadlineExceeded."""
    program = shutil.which("git")
    if program is None:
        raise Unsupported("git is not installed; install it for ignored files and history to be known.")
    command = [program, *_SAFELY, "-C", str(folder), *arguments]
    try:
        done = subprocess.run(
            command, input=given, capture_output=True, timeout=deadline_s, check=False, env=_environment()
        )
    except subprocess.TimeoutExpired:
        raise DeadlineExceeded(f"git {arguments[0]} took longer than {deadline_s:g} s in {folder}.") from None
    except OSError as error:
        raise Unsupported(f"git could not be started ({error.strerror}).") from error
    if done.returncode not in accepted:
        lines = done.stderr.decode("utf-8", "replace").strip().splitlines()
        raise Unsupported(f"git {arguments[0]} failed in {folder}: {lines[-1] if lines else done.returncode}.")
    return done.stdout


def _environment() -> dict[str, str]:
    """Ours, without what would point git elsewhere; it takes no lock, asks nobody and pages nothing."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    return {
        **inherited,
        "GIT_OPTIONAL_LOCKS": "0",
        "GIT_NO_LAZY_FETCH": "1",
        "GIT_ALLOW_PROTOCOL": "none",  # nothing is fetched, whatever the version of git and the repository say
        "GIT_TERMINAL_PROMPT": "0",
        "GIT_PAGER": "cat",
        "LC_ALL": "C",
    }

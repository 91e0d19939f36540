"""Runs git on the host, to read. Only for folders that the user trusts: a repository's configuration can make git run anything."""

import os
import shutil
import subprocess
import threading
import time
from collections.abc import Sequence
from pathlib import Path

from tercet_shared.errors import DeadlineExceeded, Unsupported

_SAFELY = (
    *("-c", "core.fsmonitor=false", "-c", "core.hooksPath=/dev/null", "-c", "core.quotePath=false"),
    *("-c", "log.showSignature=false"),  # it starts gpg for every commit
)


_HEED_S = 0.1
"""How often it is asked whether to stop."""


def git(
    folder: Path,
    arguments: Sequence[str],
    deadline_s: float,
    *,
    given: bytes = b"",
    accepted: Sequence[int] = (0,),
    stop: threading.Event | None = None,
) -> bytes:
    """What git printed. It is killed at its deadline and when `stop` is set.

    Raises Unsupported (not installed, no repository, it failed), DeadlineExceeded (stopped as well).
    """
    program = shutil.which("git")
    if program is None:
        raise Unsupported("git is not installed; install it for ignored files and history to be known.")
    command = [program, *_SAFELY, "-C", str(folder), *arguments]
    try:
        done = _run(command, given, deadline_s, stop)
    except subprocess.TimeoutExpired:
        why = "was stopped" if stop is not None and stop.is_set() else f"took longer than {deadline_s:g} s"
        raise DeadlineExceeded(f"git {arguments[0]} {why} in {folder}.") from None
    except OSError as error:
        raise Unsupported(f"git could not be started ({error.strerror}).") from error
    if done.returncode not in accepted:
        lines = done.stderr.decode("utf-8", "replace").strip().splitlines()
        raise Unsupported(f"git {arguments[0]} failed in {folder}: {lines[-1] if lines else done.returncode}.")
    return done.stdout


def _run(
    command: Sequence[str], given: bytes, deadline_s: float, stop: threading.Event | None
) -> "subprocess.CompletedProcess[bytes]":
    """Raises TimeoutExpired (also if it is to stop), OSError; then the process is gone."""
    until = time.monotonic() + deadline_s
    pipe, untold = subprocess.PIPE, given or None
    with subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=pipe, env=_environment()) as process:
        try:
            while True:
                left_s = max(0.0, until - time.monotonic())
                try:
                    said, complained = process.communicate(untold, left_s if stop is None else min(left_s, _HEED_S))
                    return subprocess.CompletedProcess(command, process.returncode, said, complained)
                except subprocess.TimeoutExpired:
                    if left_s <= _HEED_S or stop is None or stop.is_set():
                        raise
                    untold = None  # it is being written
        except BaseException:
            process.kill()
            raise


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

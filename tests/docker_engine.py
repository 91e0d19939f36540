"""A Docker engine for the tests alone: on a socket of its own, with an image made of this machine's system folders."""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parents[1] / "scripts" / "docker_engine"


@contextmanager
def private_engine() -> Iterator[str]:
    """Its address. Skips the test where no engine can be started."""
    if shutil.which("dockerd") is None or os.geteuid() != 0:
        pytest.skip("a Docker engine can be started by root alone, and with dockerd installed (Debian: docker.io)")
    folder = tempfile.mkdtemp(prefix="tde-")
    os.rmdir(folder)
    started = subprocess.run([SCRIPT, "start", folder], capture_output=True, text=True, check=False)
    if started.returncode:
        subprocess.run([SCRIPT, "stop", folder], check=False)
        pytest.skip(started.stderr.strip())
    try:
        host = started.stdout.strip()
        _build(host)
        yield host
    finally:
        subprocess.run([SCRIPT, "stop", folder], check=True)


def _build(host: str) -> None:
    from tercet_server.sandbox.docker import Engine, Images  # noqa: PLC0415  # heavy

    engine = Engine(host)
    Images(engine).build("host", print)
    engine.close()

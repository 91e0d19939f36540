"""Small mounts for what only the system can refuse."""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest


@pytest.fixture
def mount() -> Iterator[Callable[..., Path]]:
    """Mounts a small file system in memory; skips where that is not allowed."""
    mounted: list[Path] = []

    def make(folder: Path, options: str = "size=64k") -> Path:
        if sys.platform != "linux" or os.geteuid() != 0:
            pytest.skip("only root may mount")
        folder.mkdir(exist_ok=True)
        command = ["mount", "-t", "tmpfs", "-o", options, "tmpfs", str(folder)]
        if subprocess.run(command, capture_output=True, check=False).returncode != 0:
            pytest.skip("this container may not mount")
        mounted.append(folder)
        return folder

    yield make
    for folder in reversed(mounted):
        subprocess.run(["umount", str(folder)], check=True)

"""Which runners a workspace has beside pytest, told by its files and manifests. Runs nothing."""

import asyncio
import hashlib
import os
import re
from collections.abc import Sequence
from pathlib import Path

from tercet_shared.errors import TercetError

from tercet_server.checks.suites.commands import command_suites
from tercet_server.checks.suites.golang import go_suite
from tercet_server.checks.suites.javascript import node_suite
from tercet_server.checks.suites.suite import Suite
from tercet_server.ports import PrivateCopy

_MODULE = re.compile(r"^module\s+(\S+)", re.MULTILINE)
_MOST_MODULES = 50


async def suites_of(copy: PrivateCopy, kept: Path, own: Path) -> list[Suite]:
    """The runners whose tests the copy holds and whose tools are here, in a fixed order."""
    files = await copy.files()
    package = await _text(copy, "package.json") if "package.json" in files else ""
    modules = await _go_modules(copy, files)

    def looked_for() -> list[Suite | None]:
        compiled = [node_suite(copy.original, files, package), go_suite(copy.original, files, modules, kept, own)]
        return [*compiled, *command_suites(copy.original, files)]

    return [each for each in await asyncio.to_thread(looked_for) if each is not None]


def cache_of(caches: Path, root: Path, copy: Path) -> Path:
    """The folder, made if need be, in which a workspace's compilers keep what they compiled; see `compiled`.

    It belongs to the copy's owner, for as that user they run.
    """
    folder = caches / hashlib.sha256(b"compiled\0" + str(root).encode("utf-8", "surrogateescape")).hexdigest()[:20]
    folder.mkdir(parents=True, exist_ok=True, mode=0o711)
    if os.name == "posix" and os.geteuid() == 0:
        owner = copy.stat()
        os.chown(folder, owner.st_uid, owner.st_gid)
    return folder


async def _go_modules(copy: PrivateCopy, files: Sequence[str]) -> dict[str, str]:
    modules = {}
    for path in [each for each in files if each == "go.mod" or each.endswith("/go.mod")][:_MOST_MODULES]:
        if match := _MODULE.search(await _text(copy, path)):
            modules[path.rpartition("/")[0]] = match[1].strip('"')
    return modules


async def _text(copy: PrivateCopy, path: str) -> str:
    try:
        return await copy.read_text(path)
    except TercetError:
        return ""

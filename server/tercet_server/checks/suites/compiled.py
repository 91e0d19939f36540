"""What Go compiles, kept from run to run such that no code of a project can write into it.

The kept cache is written by the compiler alone, working in a twin of the copy in which nothing of the project ever ran. Commands
that run project code get a cache of their own, with links into the kept one, which they see read-only; it ends with the copy.
"""

import asyncio
import os
import secrets
import shutil
import time
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

from tercet_shared.errors import SandboxFailed, SandboxUnavailable

from tercet_server.checks.suites.choosing import cache_of
from tercet_server.checks.suites.golang import GoSuite
from tercet_server.ports import Ending, Jail, Limits, PrivateCopy, Sandbox

GO_BUILD = "go-build"

_COMPILE = """
list() { go list -e -export -test -f '{{""}}' "$@" ./...; }
list
list -cover -coverpkg="$(go list -e ./... | paste -s -d , -)" || list -cover -coverpkg=./...
go vet ./...
true
"""
"""`go list -export` compiles what `go test` would, tests included, and links nothing. What tests trace is named package by package,
for a pattern would count a package's outside tests among it, as `go test` does not; too many names for one argument are left
to the pattern. `go vet` keeps what it knows of each package for the vetting of those that use it."""


@dataclass(frozen=True)
class Compiled:
    """The caches for one copy: `kept` from run to run, `own` for what runs in this copy."""

    kept: Path
    own: Path

    async def fill(
        self, sandbox: Sandbox, limits: Limits, copy: PrivateCopy, suite: GoSuite, deadline_s: float
    ) -> bool:
        """Compiles the base into the kept cache. Whether there was time for all of it: what has been compiled until then is
        kept, and the rest left to whoever needs it, as is what does not compile.

        Raises DiskFull, NotWritable (the twin).
        """
        ends_at = time.monotonic() + deadline_s
        environment = {**suite.environment, "GOCACHE": str(self.kept / GO_BUILD)}
        async with copy.twin() as pristine:
            readable = tuple(each for each in suite.readable if each != self.kept)
            jail = Jail(pristine.root, copy.original, readable, (self.kept,), environment, runtime=suite.runtime)
            for module in suite.modules:
                if (left_s := ends_at - time.monotonic()) <= 0:
                    return False
                within = replace(limits, wall_s=left_s, cpu_s=None)
                try:
                    result = await sandbox.run(jail, ["sh", "-c", _COMPILE], within, cwd=module or ".")
                except (SandboxFailed, SandboxUnavailable):
                    return False
                if result.ending is Ending.TIMEOUT:
                    return False
        return True

    async def lend(self) -> None:
        """Makes `own`, with a link to everything that is kept now. Raises SandboxFailed where that cannot be written."""
        try:
            await asyncio.to_thread(self._link_all)
        except OSError as error:
            raise SandboxFailed(
                f"What Go has compiled cannot be lent to the private copy ({error.strerror}); free some space and try again."
            ) from error

    async def drop(self) -> None:
        """Removes `own`; what resists goes with the copy."""
        await asyncio.to_thread(shutil.rmtree, self.own, True)

    def _link_all(self) -> None:
        """Contents are links; the index beside them is copied, for Go writes it again now and then."""
        folders = [self.own, self.own / GO_BUILD, *(self.own / GO_BUILD / f"{number:02x}" for number in range(256))]
        for folder in folders:
            folder.mkdir(mode=0o755)
        for folder in folders[2:]:
            source = self.kept / GO_BUILD / folder.name
            for entry in os.scandir(source) if source.is_dir() else ():
                if not entry.name.endswith("-a"):
                    (folder / entry.name).symlink_to(entry.path)
                    continue
                with suppress(FileNotFoundError):  # Go has just dropped it for its age
                    shutil.copyfile(entry.path, folder / entry.name)
        if os.name == "posix" and os.geteuid() == 0:
            owner = self.kept.stat()
            for each in (*folders, *self.own.glob("*/*/*-a")):
                os.chown(each, owner.st_uid, owner.st_gid)


def compiled_for(caches: Path, copy: PrivateCopy) -> Compiled:
    """The caches for a copy. The kept one is made if need be; the other has only a name so far. Blocking."""
    own = copy.root.parent / f"compiled-{secrets.token_hex(4)}"
    return Compiled(cache_of(caches, copy.original, copy.root), own)

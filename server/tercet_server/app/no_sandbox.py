"""What stands in for the sandbox where none meets the configured minimum: every attempt to run says why it cannot."""

from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager
from pathlib import Path

from tercet_shared.errors import SandboxUnavailable

from tercet_server.ports import Jail, Limits, SandboxProcess, SandboxResult


class NoSandbox:
    """Implements `ports.Sandbox`; `reason` is what choosing one ended with."""

    name = "none"
    isolation = "unavailable"

    def __init__(self, reason: SandboxUnavailable) -> None:
        self._reason = reason

    def images(self, runtimes: Sequence[str]) -> list[str]:
        """Nothing has run."""
        return []

    def root_inside(self, jail: Jail) -> Path:
        raise self._unavailable()

    async def run(
        self, jail: Jail, command: Sequence[str], limits: Limits, stdin: bytes = b"", cwd: str = "."
    ) -> SandboxResult:
        raise self._unavailable()

    def open(self, jail: Jail, command: Sequence[str], limits: Limits) -> AbstractAsyncContextManager[SandboxProcess]:
        raise self._unavailable()

    async def close(self) -> None:
        """There is nothing to give back."""

    def _unavailable(self) -> SandboxUnavailable:
        return SandboxUnavailable(self._reason.sentence, **self._reason.data)

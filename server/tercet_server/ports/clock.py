"""The port to time, and the type of the callback through which long work reports progress."""

from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Protocol

from tercet_shared.runs import Progress

ReportProgress = Callable[[Progress], Awaitable[None]]


class Clock(Protocol):
    def now(self) -> datetime: ...
    def monotonic(self) -> float:
        """Seconds, for measuring durations."""
        ...

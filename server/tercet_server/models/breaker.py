"""A circuit breaker: leaves a model alone for a while after it failed several times in a row. Pure but for the clock."""

from collections.abc import Callable

FAILURES = 3
"""In a row, after which it opens."""


class Breaker:
    """Closed: asked as usual. Open: not asked for `rest_s`. Then one trial decides."""

    def __init__(self, rest_s: float, now: Callable[[], float]) -> None:
        """`now` gives seconds that only grow."""
        self._rest_s = rest_s
        self._now = now
        self._failures = 0
        self._open_until: float | None = None

    def rests_s(self) -> float:
        """Seconds until it may be asked again; 0 if it may be now."""
        return 0.0 if self._open_until is None else max(0.0, self._open_until - self._now())

    def try_it(self) -> None:
        """Somebody asks it now: while that trial lasts nobody else does, if it had been resting."""
        if self._open_until is not None:
            self._open_until = self._now() + self._rest_s

    def succeeded(self) -> None:
        self._failures, self._open_until = 0, None

    def failed(self, at_least_s: float = 0.0) -> None:
        """`at_least_s`: how long the vendor itself asked to be left alone, which opens it at once."""
        self._failures += 1
        if self._failures >= FAILURES or at_least_s > 0:
            rest_s = max(self._rest_s if self._failures >= FAILURES else 0.0, at_least_s)
            self._open_until = self._now() + rest_s

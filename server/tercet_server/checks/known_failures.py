"""Remembers which tests fail in a workspace as it is, so that later proofs on the same base need not find out again.

A test that fails without a change cannot be broken by it. What is remembered is of one exact base and environment and
was seen to fail there, and is forgotten after a while, for the world around a workspace changes too.
"""

import time
from collections import OrderedDict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

KEPT_S = 900.0
LONGER = 5.0
"""With up to so many times the limit that it failed with, a test is still taken to fail: most that hang, hang for good."""

BASES = 8
TESTS_OF_A_BASE = 50_000


@dataclass(frozen=True)
class Base:
    """What the outcome of a test depends on, as far as can be told."""

    sha256: str
    """Of all that the checks read."""
    interpreter: str
    environment: tuple[int, ...]
    """When something was last installed."""


@dataclass(frozen=True)
class _Failure:
    seen_at: float
    limit_s: float

    def holds(self, now: float, per_test_s: float) -> bool:
        return now - self.seen_at < KEPT_S and per_test_s <= LONGER * self.limit_s


@dataclass
class KnownFailures:
    """In memory alone. `clock` is monotonic, in seconds."""

    clock: Callable[[], float] = time.monotonic
    _bases: OrderedDict[Base, dict[str, _Failure]] = field(default_factory=OrderedDict)

    def of(self, base: Base, tests: Sequence[str], per_test_s: float) -> list[str]:
        """Those of `tests` of which it is known that they fail on `base`, given `per_test_s` for each."""
        known, now = self._bases.get(base, {}), self.clock()
        return [test for test in tests if test in known and known[test].holds(now, per_test_s)]

    def remember(self, base: Base, tests: Iterable[str], per_test_s: float) -> None:
        """Tests that were seen to fail on `base`, given `per_test_s` for each."""
        known = self._bases.setdefault(base, {})
        self._bases.move_to_end(base)
        for test in tests:
            if len(known) < TESTS_OF_A_BASE:
                known[test] = _Failure(self.clock(), per_test_s)
        while len(self._bases) > BASES:
            self._bases.popitem(last=False)

"""Remembers which tests fail in a workspace as it is, so that later proofs on the same base need not find out again.

A test that fails without a change cannot be broken by it. What is remembered is of one exact base and environment, was seen to
fail with a change and without, and is forgotten after a while, for the world around a workspace changes too.
"""

import time
from collections import OrderedDict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

from tercet_server.ports import FAILING, Outcome, TestResult

KEPT_S = 900.0
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
    limit_s: float | None
    """What the test was given, if it ran out of time."""

    def holds(self, now: float, per_test_s: float) -> bool:
        return now - self.seen_at < KEPT_S and (self.limit_s is None or per_test_s <= self.limit_s)


@dataclass
class KnownFailures:
    """In memory alone. `clock` is monotonic, in seconds."""

    clock: Callable[[], float] = time.monotonic
    _bases: OrderedDict[Base, dict[str, _Failure]] = field(default_factory=OrderedDict)

    def of(self, base: Base, tests: Sequence[str], per_test_s: float) -> list[str]:
        """Those of `tests` of which it is known that they fail on `base`, given `per_test_s` for each."""
        known, now = self._bases.get(base, {}), self.clock()
        return [test for test in tests if test in known and known[test].holds(now, per_test_s)]

    def remember(self, base: Base, failures: Iterable[TestResult], per_test_s: float) -> None:
        """Outcomes without a change of tests that failed with one too; others are not taken."""
        known = self._bases.setdefault(base, {})
        self._bases.move_to_end(base)
        for each in failures:
            if each.outcome in FAILING and len(known) < TESTS_OF_A_BASE:
                limit_s = per_test_s if each.outcome is Outcome.TIMEOUT else None
                known[each.test] = _Failure(self.clock(), limit_s)
        while len(self._bases) > BASES:
            self._bases.popitem(last=False)

"""Which failures are worth another attempt, and how long to wait before it. Pure."""

import random
from collections.abc import Sequence

from tercet_shared.errors import (
    BudgetExceeded,
    ContentFiltered,
    DeadlineExceeded,
    ModelBusy,
    ModelFailed,
    TercetError,
)

FIRST_WAIT_S = 0.5
LONGEST_WAIT_S = 20.0
"""A vendor that asks for more is not waited for within a request."""


def ends_it(error: TercetError) -> bool:
    """Whether no other model should be asked either: the time or the money is gone, or the answer is a refusal."""
    return isinstance(error, BudgetExceeded | DeadlineExceeded | ContentFiltered)


def counts_against(error: TercetError) -> bool:
    """Whether the failure is the vendor's, so that its breaker should know."""
    return isinstance(error, ModelFailed) and error.retryable


def asked_to_wait_s(error: TercetError) -> float:
    """What the vendor itself asked for; 0 if it asked for nothing."""
    return float(error.data.get("retry_after_s") or 0.0) if isinstance(error, ModelBusy) else 0.0


def wait_s(round_: int, errors: Sequence[TercetError], chance: random.Random) -> float | None:
    """Seconds before the next round (`round_` counts from zero) after these failures; None: there is no sense in one.

    Exponential with full jitter (M. Brooker, "Exponential Backoff And Jitter", AWS Architecture Blog, 2015), but never less
    than the shortest wait that a vendor asked for.
    """
    worth = [each for each in errors if each.retryable]
    if not worth:
        return None
    asked = min(asked_to_wait_s(each) for each in worth)
    if asked > LONGEST_WAIT_S:
        return None
    backoff = min(LONGEST_WAIT_S, FIRST_WAIT_S * 2**round_)
    return asked + chance.uniform(0.0, backoff)

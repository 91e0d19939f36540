"""Discounts for buying several copies of a title."""

from bookshop.money import ZERO, Money

# From how many copies on, and how many percent off.
TIERS = ((10, 5), (25, 10), (100, 20))


def rate_for(copies: int) -> int:
    """Percent off the price of each copy when `copies` of one title are bought together."""
    rate = 0
    for minimum, percent in TIERS:
        if copies > minimum:
            rate = percent
    return rate


def copies_to_next_tier(copies: int) -> int | None:
    """How many more copies would earn a better rate; None at the best one."""
    for minimum, _ in TIERS:
        if copies < minimum:
            return minimum - copies
    return None


def discount(price: Money, copies: int) -> Money:
    """What is taken off when `copies` of a book at `price` are bought."""
    if copies <= 0:
        return ZERO
    return price.times(copies).percent(rate_for(copies))

import pytest
from bookshop.discounts import copies_to_next_tier, discount, rate_for
from bookshop.money import ZERO, Money


@pytest.mark.parametrize(("copies", "rate"), [(1, 0), (9, 0), (12, 5), (24, 5), (40, 10), (99, 10), (150, 20)])
def test_the_more_copies_the_better_the_rate(copies, rate):
    assert rate_for(copies) == rate


def test_tells_how_many_copies_are_missing():
    assert copies_to_next_tier(8) == 2
    assert copies_to_next_tier(10) == 15
    assert copies_to_next_tier(100) is None


def test_the_discount_is_on_all_copies():
    assert discount(Money(10_00), 20) == Money(10_00)


def test_no_copies_no_discount():
    assert discount(Money(10_00), 0) == ZERO

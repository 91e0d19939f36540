import pytest
from bookshop.money import ZERO, Money


@pytest.mark.parametrize(("text", "cents"), [("12.50", 1250), ("3", 300), (" 0.05 ", 5)])
def test_reads_amounts(text, cents):
    assert Money.parse(text) == Money(cents)


@pytest.mark.parametrize("text", ["", "1.5", "-3", "1,50", "12.345"])
def test_refuses_what_is_no_amount(text):
    with pytest.raises(ValueError, match="not an amount"):
        Money.parse(text)


def test_percentages_round_half_a_cent_up():
    assert Money(10_50).percent(5) == Money(53)
    assert Money(10_49).percent(5) == Money(52)


def test_sums_and_multiples():
    assert Money(1_50).times(3) + ZERO - Money(50) == Money(4_00)


def test_prints_two_digits_of_cents():
    assert str(Money(7_05)) == "7.05"

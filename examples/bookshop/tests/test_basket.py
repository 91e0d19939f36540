import pytest
from bookshop.basket import Basket
from bookshop.money import ZERO, Money


def test_the_same_title_is_one_line(novel):
    basket = Basket()
    basket.add(novel)
    basket.add(novel, 2)
    assert [(line.book, line.copies) for line in basket] == [(novel, 3)]


def test_removing_the_last_copy_removes_the_line(novel):
    basket = Basket()
    basket.add(novel, 2)
    basket.remove(novel)
    basket.remove(novel)
    assert list(basket) == []


def test_refuses_to_add_nothing(novel):
    with pytest.raises(ValueError, match="at least one"):
        Basket().add(novel, 0)


def test_adds_up_prices_and_weights(novel, grammar):
    basket = Basket()
    basket.add(novel, 2)
    basket.add(grammar)
    assert basket.goods_total() == Money.parse("34.48")
    assert basket.weight_g() == 1_090


def test_an_empty_basket_costs_nothing():
    assert Basket().goods_total() == ZERO


def test_a_line_shows_its_price_with_the_discount(grammar):
    basket = Basket()
    basket.add(grammar, 20)
    (line,) = basket
    assert (line.full_price, line.price) == (Money(170_00), Money(161_50))

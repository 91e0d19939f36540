import pytest
from bookshop.basket import Basket
from bookshop.checkout import EmptyBasket
from bookshop.invoice import invoice
from bookshop.money import ZERO, Money


def basket_of(**copies_of):
    basket = Basket()
    for book, copies in copies_of.values():
        basket.add(book, copies)
    return basket


def test_a_single_book_is_sent_for_a_fee(till, novel):
    order = till.check_out(basket_of(novel=(novel, 1)))
    assert (order.goods, order.delivery, order.total) == (Money(12_99), Money(2_90), Money(15_89))


def test_orders_are_numbered(till, novel):
    assert [till.check_out(basket_of(novel=(novel, 1))).number for _ in range(3)] == [1, 2, 3]


def test_an_empty_basket_cannot_be_checked_out(till):
    with pytest.raises(EmptyBasket):
        till.check_out(Basket())


def test_a_checkout_takes_the_books_off_the_shelf(till, stock, grammar):
    till.check_out(basket_of(grammar=(grammar, 4)))
    assert stock.left(grammar) == 196


def test_a_reading_circle_pays_the_full_price(till, novel):
    order = till.check_out(basket_of(novel=(novel, 9)))
    assert order.total == Money.parse("116.91")


def test_a_school_pays_what_the_leaflet_promises(till, atlas, grammar):
    """Five percent off from 10 copies on, ten percent from 25 on, and the invoice says so."""
    order = till.check_out(basket_of(atlas=(atlas, 10), grammar=(grammar, 25)))
    assert order.delivery == ZERO
    assert order.total == Money.parse("228.00") + Money.parse("191.25")
    assert "10 % off" in invoice(order)
    assert "    5 % off" in invoice(order)

import pytest
from bookshop.basket import Basket
from bookshop.stock import OutOfStock


def test_taking_a_basket_empties_the_shelf(stock, novel):
    basket = Basket()
    basket.add(novel, 200)
    stock.take(basket)
    assert stock.left(novel) == 0


def test_takes_nothing_if_one_title_is_missing(stock, novel, atlas):
    basket = Basket()
    basket.add(atlas, 1)
    basket.add(novel, 201)
    with pytest.raises(OutOfStock, match="The Long Road: 201 wanted, 200 left"):
        stock.take(basket)
    assert stock.left(atlas) == 200


def test_deliveries_add_up(stock, novel):
    stock.deliver(novel, 5)
    assert stock.left(novel) == 205

"""Turns a basket into an order."""

from dataclasses import dataclass

from bookshop.basket import Basket, Line
from bookshop.delivery import delivery_cost
from bookshop.money import Money
from bookshop.stock import Stock


class EmptyBasket(ValueError):
    """There is nothing to buy."""


@dataclass(frozen=True)
class Order:
    number: int
    lines: tuple[Line, ...]
    goods: Money
    delivery: Money

    @property
    def total(self) -> Money:
        return self.goods + self.delivery


class Till:
    def __init__(self, stock: Stock, first_number: int = 1) -> None:
        self._stock = stock
        self._next_number = first_number

    def check_out(self, basket: Basket) -> Order:
        """Takes the books off the shelves and returns the numbered order."""
        lines = tuple(basket)
        if not lines:
            raise EmptyBasket
        self._stock.take(basket)
        goods = basket.goods_total()
        order = Order(self._next_number, lines, goods, delivery_cost(basket.weight_g(), goods))
        self._next_number += 1
        return order

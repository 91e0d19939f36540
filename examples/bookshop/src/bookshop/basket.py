"""What a customer is about to buy."""

from collections.abc import Iterator
from dataclasses import dataclass

from bookshop.catalogue import Book
from bookshop.discounts import discount
from bookshop.money import ZERO, Money


@dataclass(frozen=True)
class Line:
    book: Book
    copies: int

    @property
    def full_price(self) -> Money:
        return self.book.price.times(self.copies)

    @property
    def price(self) -> Money:
        return self.full_price - discount(self.book.price, self.copies)


class Basket:
    def __init__(self) -> None:
        self._copies: dict[Book, int] = {}

    def __iter__(self) -> Iterator[Line]:
        return (Line(book, copies) for book, copies in self._copies.items())

    def add(self, book: Book, copies: int = 1) -> None:
        if copies < 1:
            raise ValueError("add at least one copy")
        self._copies[book] = self._copies.get(book, 0) + copies

    def remove(self, book: Book, copies: int = 1) -> None:
        left = self._copies.get(book, 0) - copies
        if left > 0:
            self._copies[book] = left
        else:
            self._copies.pop(book, None)

    def goods_total(self) -> Money:
        return sum((line.price for line in self), ZERO)

    def weight_g(self) -> int:
        return sum(line.book.weight_g * line.copies for line in self)

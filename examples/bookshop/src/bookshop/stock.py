"""How many copies lie on the shelves."""

from bookshop.basket import Basket
from bookshop.catalogue import Book


class OutOfStock(Exception):
    def __init__(self, book: Book, wanted: int, left: int) -> None:
        super().__init__(f"{book.title}: {wanted} wanted, {left} left")
        self.book = book


class Stock:
    def __init__(self) -> None:
        self._copies: dict[str, int] = {}

    def left(self, book: Book) -> int:
        return self._copies.get(book.isbn, 0)

    def deliver(self, book: Book, copies: int) -> None:
        self._copies[book.isbn] = self.left(book) + copies

    def take(self, basket: Basket) -> None:
        """Takes the whole basket off the shelves, or raises and takes nothing."""
        lines = list(basket)
        for line in lines:
            if line.copies > self.left(line.book):
                raise OutOfStock(line.book, line.copies, self.left(line.book))
        for line in lines:
            self._copies[line.book.isbn] -= line.copies

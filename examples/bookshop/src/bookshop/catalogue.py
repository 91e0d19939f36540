"""The books that the shop sells."""

from collections.abc import Iterable
from dataclasses import dataclass

from bookshop.money import Money


@dataclass(frozen=True)
class Book:
    isbn: str
    title: str
    author: str
    price: Money
    weight_g: int


class UnknownBook(KeyError):
    """No book has this ISBN."""


class Catalogue:
    def __init__(self, books: Iterable[Book]) -> None:
        self._by_isbn = {book.isbn: book for book in books}

    def find(self, isbn: str) -> Book:
        try:
            return self._by_isbn[isbn]
        except KeyError:
            raise UnknownBook(isbn) from None

    def search(self, words: str) -> list[Book]:
        """Books whose title or author holds every word, whatever the case; by title."""
        wanted = words.lower().split()
        found = [
            book
            for book in self._by_isbn.values()
            if all(word in f"{book.title} {book.author}".lower() for word in wanted)
        ]
        return sorted(found, key=lambda book: book.title)

"""A small shop to test with."""

import pytest
from bookshop.catalogue import Book, Catalogue
from bookshop.checkout import Till
from bookshop.money import Money
from bookshop.stock import Stock


@pytest.fixture
def atlas() -> Book:
    return Book("978-1", "School Atlas", "M. Rivers", Money.parse("24.00"), 1_400)


@pytest.fixture
def grammar() -> Book:
    return Book("978-2", "A Short Grammar", "E. Comma", Money.parse("8.50"), 250)


@pytest.fixture
def novel() -> Book:
    return Book("978-3", "The Long Road", "R. Rivers", Money.parse("12.99"), 420)


@pytest.fixture
def catalogue(atlas, grammar, novel) -> Catalogue:
    return Catalogue([atlas, grammar, novel])


@pytest.fixture
def stock(atlas, grammar, novel) -> Stock:
    stock = Stock()
    for book in (atlas, grammar, novel):
        stock.deliver(book, 200)
    return stock


@pytest.fixture
def till(stock) -> Till:
    return Till(stock)

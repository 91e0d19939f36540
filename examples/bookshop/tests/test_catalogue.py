import pytest
from bookshop.catalogue import UnknownBook


def test_finds_by_isbn(catalogue, novel):
    assert catalogue.find("978-3") == novel


def test_an_unknown_isbn_is_an_error(catalogue):
    with pytest.raises(UnknownBook):
        catalogue.find("978-9")


def test_search_takes_title_and_author_together(catalogue, novel):
    assert catalogue.search("rivers road") == [novel]


def test_search_sorts_by_title(catalogue, atlas, novel):
    assert catalogue.search("RIVERS") == [atlas, novel]

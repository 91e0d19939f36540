"""The functions of a file of tests: which of them are tests, and what makes one the same in another text."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tercet_server.languages.functions import function_of, functions, node_id

TESTS = """
import pytest, unittest

def test_plain(): ...

def helper():
    def test_inner(): ...

@pytest.fixture
def test_client(): ...

@pytest_asyncio.fixture(scope="module")
async def test_server(): ...

@pytest.mark.usefixtures("db")
def test_with_fixtures(): ...

class TestCart:
    @pytest.mark.parametrize("n", [1, 2])
    def test_total(self, n): ...
    def total(self): ...

class CartTests(unittest.TestCase):
    def test_rate(self): ...

class Cart:
    def test_drive(self): ...
"""

GO = """package a

func TestMain(m *testing.M) {}

func TestTotal(t *testing.T) {}

func Testament(t *testing.T) {}

func TestHelper(n int) {}

func Total() {}

func (s *S) TestSum(t *testing.T) {}
"""


def names_in(path: str, text: str) -> list[str]:
    return [each.name for each in functions(path, text).values() if each.is_test]


def test_what_runners_look_for_are_tests_and_neither_fixtures_nor_go_s_main():
    found = ["test_plain", "test_with_fixtures", "TestCart.test_total", "CartTests.test_rate"]
    assert names_in("tests/test_cart.py", TESTS) == found
    assert names_in("shop/cart.py", TESTS) == []
    assert names_in("tests/conftest.py", TESTS) == []
    assert names_in("a/cart_test.go", GO) == ["TestTotal"]


def test_a_function_is_the_same_wherever_it_stands_and_another_once_a_line_of_it_differs():
    text = "@cached\ndef f(x):\n    return x\n"
    before = functions("test_a.py", text)["f"]
    moved = functions("test_a.py", f"def g(): ...\n\n\n{text}")["f"]
    assert (before.digest, before.line, moved.line) == (moved.digest, 1, 4)
    for old, new in (("@cached", "@cache"), ("return x", "return  x"), ("return x", "return 1")):
        assert functions("test_a.py", text.replace(old, new))["f"].digest != before.digest


def test_a_node_id_names_a_function_and_a_function_its_tests():
    assert function_of("tests/test_a.py::TestA::test_b[x::y.z[0]]") == "TestA.test_b"
    assert function_of("a/cart_test.go::TestTotal/of [nothing]") == "TestTotal"
    assert function_of("tests/test_a.py") == ""
    assert node_id("tests/test_a.py", "TestA.test_b") == "tests/test_a.py::TestA::test_b"


@pytest.mark.parametrize("text", ["", "x = 1", "def test_f():\r    pass\r", "def ("])
def test_texts_without_functions_or_with_lines_that_nobody_agrees_on_have_none(text: str):
    assert functions("test_a.py", text) == {}


@given(st.text(st.characters(), max_size=60))
def test_no_text_is_too_odd(text: str):
    functions("test_a.py", f"def test_a(): {text}")
    function_of(text)

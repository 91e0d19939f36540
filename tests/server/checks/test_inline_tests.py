"""A change of a Rust file that holds tests may be one of the tests."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tercet_server.checks.inline_tests import may_bend_tests
from tercet_shared.edits import FileTexts

CODE = "pub fn twice(n: i64) -> i64 {\n    n * 3\n}\n"
MENDED = CODE.replace("3", "2")


@pytest.mark.parametrize(
    "tests",
    [
        "#[test]\nfn doubles() {}\n",
        "#[cfg(test)]\nmod tests;\n",
        "#[tokio::test]\nasync fn doubles() {}\n",
        '#[cfg(any(feature = "x", test))]\nfn helper() {}\n',
        "#![cfg(test)]\n",
    ],
)
def test_a_file_with_tests_may_bend_them_with_any_change(tests: str):
    assert may_bend_tests(FileTexts("src/util.rs", CODE + tests, MENDED + tests))
    assert may_bend_tests(FileTexts("src/util.rs", CODE, MENDED + tests))


def test_code_without_tests_does_not():
    assert not may_bend_tests(FileTexts("src/util.rs", CODE, MENDED))
    assert not may_bend_tests(FileTexts("src/util.py", "#[test]\n", "#[test]\nx = 1\n"))


def test_an_example_in_the_documentation_is_a_test():
    example = "/// ```\n/// assert_eq!(twice(2), 4);\n/// ```\n"
    assert may_bend_tests(FileTexts("src/util.rs", example + CODE, example.replace("4", "6") + CODE))
    assert not may_bend_tests(FileTexts("src/util.rs", example + CODE, example + MENDED))


@given(st.text(alphabet="#![]/` test\n"), st.text(alphabet="#![]/` test\n"))
def test_whatever_a_file_holds_is_judged(before: str, after: str):
    assert may_bend_tests(FileTexts("a.rs", before, after)) in {True, False}

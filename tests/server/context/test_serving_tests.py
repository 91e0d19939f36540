"""What serves the tests alone is known; what they test is never taken for it."""

import pytest
from tercet_server.context.serving_tests import ServingTests


def serving(written: dict[str, str], changed: str) -> bool:
    """`written`: path → the modules that it imports."""
    imports = {path: modules.split() for path, modules in written.items()}
    tests = frozenset(
        path for path in written if path.rpartition("/")[2].startswith(("test_all", "test_c", "test_testing"))
    )
    return ServingTests(imports, tests).among([changed]) == [changed]


PACKAGE = {
    "shop/__init__.py": "",
    "shop/cart.py": "shop.price",
    "shop/price.py": "",
    "tests/test_cart.py": "pytest shop.cart",
}


@pytest.mark.parametrize(
    ("more", "changed"),
    [
        ({}, "tests/test_cart.py"),
        ({}, "conftest.py"),  # a new one
        ({}, "shop/conftest.py"),
        ({}, "pytest.ini"),
        ({}, "tests/expected.json"),
        ({"tests/compare.py": "", "tests/test_all.py": "compare"}, "tests/compare.py"),
        ({"tests/deep/compare.py": "", "tests/test_all.py": "tests.deep.compare"}, "tests/deep/compare.py"),
        ({"spec/compare.py": "", "spec/test_all.py": "compare"}, "spec/compare.py"),
        ({"testutils.py": "shop.cart", "test_all.py": "testutils"}, "testutils.py"),
        ({"test_support.py": "", "tests/test_all.py": "test_support"}, "test_support.py"),
        ({"shop/testing.py": "shop.cart", "tests/test_all.py": "shop.testing"}, "shop/testing.py"),
        ({"fixtures.py": "", "conftest.py": "fixtures"}, "fixtures.py"),
        ({"checks/near.py": "pytest", "checks/test_all.py": "near shop.cart"}, "checks/near.py"),
        ({"testing/near.py": "", "testing/test_all.py": "near"}, "testing/near.py"),
        ({"testutils.py": "", "tests/helper.py": "testutils", "tests/test_all.py": "tests.helper"}, "testutils.py"),
    ],
)
def test_serves_the_tests_alone(more: dict[str, str], changed: str):
    assert serving(PACKAGE | more, changed)


@pytest.mark.parametrize(
    ("more", "changed"),
    [
        ({}, "shop/price.py"),
        ({}, "shop/cart.py"),  # only a test imports it: that is what the top of a library looks like
        ({}, "shop/data.json"),
        ({"calc.py": "", "test_calc.py": "calc"}, "calc.py"),
        ({"solution.py": "", "test_all.py": "solution"}, "solution.py"),
        (
            {"shop/fixtures.py": "", "shop/cart.py": "shop.fixtures", "tests/test_all.py": "shop.fixtures"},
            "shop/fixtures.py",
        ),
        ({"shop/testing.py": "", "tests/test_testing.py": "shop.testing"}, "shop/testing.py"),  # has tests of its own
        ({"tests/compare.py": "", "tests/test_compare.py": "compare"}, "tests/compare.py"),
        ({"shop/latest.py": "", "tests/test_all.py": "shop.latest"}, "shop/latest.py"),
        ({"pytest_shop/plugin.py": "pytest", "tests/test_all.py": "pytest_shop.plugin"}, "pytest_shop/plugin.py"),
        ({"lib/testing/client.py": "", "lib/testing/tests/test_all.py": "lib.testing.client"}, "lib/testing/client.py"),
        ({"test/code.py": "", "main.py": "test.code", "test/test_all.py": "test.code"}, "test/code.py"),
        ({"test_utils.py": "", "server.py": "test_utils", "tests/test_all.py": "test_utils"}, "test_utils.py"),
    ],
)
def test_is_code_under_test(more: dict[str, str], changed: str):
    assert not serving(PACKAGE | more, changed)


def test_modules_that_import_each_other_come_to_an_end():
    round_about = {"testutils.py": "test_helpers", "test_helpers.py": "testutils", "tests/test_all.py": "testutils"}
    assert ServingTests({k: v.split() for k, v in round_about.items()}, frozenset({"tests/test_all.py"})).among(
        ["testutils.py", "shop.py"]
    ) == ["testutils.py"]

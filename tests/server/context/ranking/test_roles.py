"""The product's own code is told from what goes beside it, by path alone."""

import pytest
from tercet_server.context.ranking import is_main


@pytest.mark.parametrize(
    "path",
    ["shop/cart.py", "src/main/java/org/shop/Cart.java", "lib/latest.js", "src/parser.y", "contest/vote.go", "app.vue"],
)
def test_code_is_code(path: str):
    assert is_main(path)


@pytest.mark.parametrize(
    "path",
    [
        "tests/test_cart.py",
        "cart_test.go",
        "src/cart.spec.ts",
        "src/test/java/CartTest.java",
        "CartTests.java",
        "conftest.py",
        "docs/conf.py",
        "README.md",
        "CHANGELOG",
        "package-lock.json",
        ".github/workflows/test.yml",
        "examples/shop.py",
        "vendor/left/pad.js",
        "packages/dts-test/ref.ts",
    ],
)
def test_what_goes_beside_the_code_is_told_apart(path: str):
    assert not is_main(path)

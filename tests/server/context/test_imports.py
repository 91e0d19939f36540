"""Imports are followed to the files that they mean, in the manner of each language, and never out of the code base."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tercet_server.context.imports import ImportGraph, ModuleTable

PATHS = [
    "setup.py",
    "src/shop/__init__.py",
    "src/shop/cart.py",
    "src/shop/json.py",
    "src/shop/sub/__init__.py",
    "src/shop/sub/deep.py",
    "tests/conftest.py",
    "tests/unit/test_cart.py",
    "tools/one.py",
    "tools/two.py",
    "web/app.ts",
    "web/cart.service.ts",
    "web/cart.component.ts",
    "web/parts/index.tsx",
    "web/react.js",
    "go/main.go",
    "go/pay/pay.go",
    "go/pay/tax.go",
    "java/src/org/shop/Cart.java",
    "java/src/org/shop/Bill.java",
    "rust/src/lib.rs",
    "rust/src/pay/mod.rs",
    "rust/src/pay/tax.rs",
    "c/include/shop/cart.h",
    "c/src/cart.c",
    "c/src/cart.h",
    "php/Shop/Cart.php",
    "lib/shop/till.rb",
    "site/a.css",
    "site/b.css",
]
TABLE = ModuleTable(PATHS)


@pytest.mark.parametrize(
    ("importer", "written", "meant"),
    [
        ("tests/unit/test_cart.py", "shop.cart.Cart", {"src/shop/__init__.py", "src/shop/cart.py"}),
        ("tests/unit/test_cart.py", "json", set()),
        ("src/shop/cart.py", ".json.dumps", {"src/shop/__init__.py", "src/shop/json.py"}),
        ("src/shop/sub/deep.py", "..cart.Cart", {"src/shop/__init__.py", "src/shop/cart.py"}),
        ("src/shop/sub/deep.py", "...far", set()),
        ("src/shop/sub/deep.py", "......", set()),
        ("tools/one.py", "two", {"tools/two.py"}),
        ("src/shop/cart.py", "json", {"src/shop/json.py"}),
        ("web/app.ts", "./cart.service", {"web/cart.service.ts"}),
        ("web/app.ts", "./parts", {"web/parts/index.tsx"}),
        ("web/parts/index.tsx", "../cart.component.js", {"web/cart.component.ts"}),
        ("web/app.ts", "@/web/cart.service", {"web/cart.service.ts"}),
        ("web/app.ts", "react", set()),
        ("web/app.ts", "../../../../etc/passwd", set()),
        ("go/main.go", "example.com/shop/pay", {"go/pay/pay.go", "go/pay/tax.go"}),
        ("java/src/org/shop/Cart.java", "org.shop.Bill", {"java/src/org/shop/Bill.java"}),
        ("java/src/org/shop/Cart.java", "org.shop.*", {"java/src/org/shop/Bill.java"}),
        ("rust/src/lib.rs", "crate::pay::tax::Rate", {"rust/src/pay/tax.rs"}),
        ("rust/src/lib.rs", "crate::pay::Pay", {"rust/src/pay/mod.rs"}),
        ("rust/src/lib.rs", "std::fmt", set()),
        ("c/src/cart.c", "shop/cart.h", {"c/include/shop/cart.h"}),
        ("c/src/cart.c", "cart.h", {"c/src/cart.h"}),
        ("php/index.php", "Shop\\Cart", {"php/Shop/Cart.php"}),
        ("bin/run.rb", "shop/till", {"lib/shop/till.rb"}),
        ("site/a.css", "b.css", {"site/b.css"}),
    ],
)
def test_what_an_import_means(importer: str, written: str, meant: set[str]):
    assert TABLE.resolve(written, importer) == meant


def test_how_far_files_are_from_a_change():
    written = dict.fromkeys(PATHS, ()) | {
        "src/shop/sub/deep.py": ["..cart.Cart"],
        "tests/conftest.py": ["shop.sub.deep"],
        "tools/one.py": ["two"],
    }
    graph = ImportGraph(written)
    distances = graph.distances(["src/shop/cart.py"])
    assert distances["src/shop/sub/deep.py"] == 1
    assert distances["tests/conftest.py"] == 2
    assert distances["tests/unit/test_cart.py"] == 3
    assert "tools/one.py" not in distances
    assert graph.importers("tools/two.py") == {"tools/one.py"}
    assert graph.distances(["nowhere.py"]) == {"nowhere.py": 0}


PART = st.sampled_from(["a", "b", "..", ".", "", "a.py", "*", "crate", "é", "index.ts", "\n", "\\", "::"])
WRITTEN = st.lists(PART, max_size=6).flatmap(
    lambda parts: st.sampled_from([".", "/", "::"]).map(lambda by: by.join(parts))
)


@given(
    WRITTEN,
    st.lists(st.sampled_from(["a.py", "a/b.py", "a/__init__.py", "b/index.ts", "a/a.go", "é/a.rs"]), max_size=6),
)
def test_any_import_is_answered_from_the_code_base(written: str, paths: list[str]):
    for importer in ("a.py", "x/y.ts", "z.go", "a/q.rs", "README"):
        assert ModuleTable(paths).resolve(written, importer) <= set(paths)

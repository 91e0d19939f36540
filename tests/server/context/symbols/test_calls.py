"""Who calls a definition, and what it calls: by the language's rules in Python, by names, scopes and imports elsewhere."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tercet_server.context.packing import lines_of
from tercet_server.context.symbols import calls
from tercet_shared.context import CallDirection, CallsAnswer

from tests.server.context.conftest import Asked

INCOMING, OUTGOING = CallDirection.INCOMING, CallDirection.OUTGOING


def told(answer: CallsAnswer) -> list[tuple[str, str, list[tuple[int, int]]]]:
    return [
        (each.symbol.path, each.symbol.name, [span.start.as_tuple() for span in each.ranges]) for each in answer.calls
    ]


async def calls_of(asked: Asked, path: str, what: str, direction: CallDirection, limit: int = 100) -> CallsAnswer:
    return await asked.service.calls(asked.place(path, what), direction, limit)


async def test_callers_are_told_with_every_place(asked: Asked):
    assert told(await calls_of(asked, "src/shop/till.py", "pay", INCOMING)) == [
        ("src/shop/till.py", "pay_twice", [(9, 11), (9, 24)])
    ]


async def test_an_import_is_no_call_and_another_definition_of_the_name_is_not_meant(asked: Asked):
    found = told(await calls_of(asked, "src/shop/cart.py", "total", INCOMING))
    assert ("src/shop/till.py", "pay", [(5, 16)]) in found
    assert told(await calls_of(asked, "src/shop/bill.py", "total", INCOMING)) == []
    assert told(await calls_of(asked, "src/shop/money.py", "rounded", INCOMING)) == [
        ("src/shop/cart.py", "Cart.total", [(9, 15)])
    ]


async def test_a_constructor_is_called_by_its_class(asked: Asked):
    found = told(await calls_of(asked, "src/shop/cart.py", "__init__", INCOMING))
    assert ("src/shop/till.py", "pay", [(4, 11)]) in found
    assert ("tests/conftest.py", "cart", [(6, 11)]) in found


async def test_a_call_at_the_top_of_a_file_is_the_file_s(asked: Asked):
    asked.put("src/shop/main.py", "from shop.till import pay\n\npay([1])\n")
    await asked.service.rebuild(asked.ground.id)
    await asked.built()
    assert ("src/shop/main.py", "", [(2, 0)]) in told(await calls_of(asked, "src/shop/till.py", "pay", INCOMING))


async def test_what_is_called_is_what_the_workspace_defines(asked: Asked):
    """`sum` and `round` are Python's own."""
    assert told(await calls_of(asked, "src/shop/cart.py", "total", OUTGOING)) == [
        ("src/shop/money.py", "rounded", [(9, 15)])
    ]
    pay = told(await calls_of(asked, "src/shop/till.py", "pay", OUTGOING))
    assert ("src/shop/cart.py", "Cart.total", [(5, 16)]) in pay
    assert ("src/shop/cart.py", "Cart", [(4, 11)]) in pay
    assert told(await calls_of(asked, "src/shop/till.py", "Cart", OUTGOING)) == []  # no definition is named there


async def test_a_library_within_the_folder_is_not_the_workspace_s(asked: Asked):
    asked.put("node_modules/priced/__init__.py", "def price():\n    return 1\n")
    asked.put(
        "src/shop/priced.py",
        "from node_modules.priced import price\n\n\ndef a():\n    return b(price())\n\n\ndef b(c):\n    return c\n",
    )
    await asked.service.rebuild(asked.ground.id)
    await asked.built()
    (defined,) = (await asked.service.definition(asked.place("src/shop/priced.py", "price()"))).definitions
    assert defined.path == "node_modules/priced/__init__.py"
    assert [name for _, name, _ in told(await calls_of(asked, "src/shop/priced.py", "a()", OUTGOING))] == ["b"]


async def test_a_nested_function_calls_for_itself(asked: Asked):
    asked.put(
        "src/shop/nested.py", "def a():\n    def b():\n        return c()\n    return b()\n\n\ndef c():\n    return 1\n"
    )
    await asked.service.rebuild(asked.ground.id)
    await asked.built()
    assert [name for _, name, _ in told(await calls_of(asked, "src/shop/nested.py", "a", OUTGOING))] == ["a.b"]
    assert [name for _, name, _ in told(await calls_of(asked, "src/shop/nested.py", "c()", INCOMING))] == ["a.b"]


async def test_other_languages_are_followed_too(asked: Asked):
    assert told(await calls_of(asked, "web/cart.ts", "sum", INCOMING)) == [("web/app.ts", "show", [(3, 34)])]
    assert told(await calls_of(asked, "web/app.ts", "show", OUTGOING)) == [("web/cart.ts", "sum", [(3, 34)])]
    assert told(await calls_of(asked, "go/sum.go", "Sum", INCOMING)) == [("go/pay.go", "Pay", [(3, 8)])]


async def test_what_is_cut_off_is_said(asked: Asked, monkeypatch: pytest.MonkeyPatch):
    assert (await calls_of(asked, "src/shop/cart.py", "__init__", INCOMING, limit=1)).truncated
    monkeypatch.setattr(calls, "DEADLINE_S", -1.0)
    late = await calls_of(asked, "src/shop/till.py", "pay", OUTGOING)
    assert (late.calls, late.truncated) == ([], True)


async def test_where_no_name_stands_nothing_is_called(asked: Asked):
    assert (await calls_of(asked, "src/shop/till.py", "(items)", INCOMING)).name == "pay"
    assert (await calls_of(asked, "src/shop/till.py", "    cart", INCOMING)).calls == []


PIECES = [
    "def a():",
    " b()",
    "\n",
    "\r",
    "\r\n",
    "\f",
    "\u2028",
    "\x85",
    "😀",
    "(",
    ")",
    "class C:",
    "\t",
    "x = a(",
    "#",
    "\x00",
]


@given(st.lists(st.sampled_from(PIECES), max_size=30).map("".join), st.sampled_from(["a.py", "a.ts", "a.go", "a.rb"]))
def test_whatever_a_text_is_every_call_stands_where_it_is_said_to(text: str, path: str):
    lines = lines_of(text)
    for site in calls._sites(path, text):
        assert lines[site.line].startswith(site.name, site.character)

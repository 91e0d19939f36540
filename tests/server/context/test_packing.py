"""A section never exceeds its budget, shows lines as they are, accounts for every line, and does not depend on any order."""

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tercet_server.context.packing import Block, Place, Section, Source, header_end, lines_of, pack, tokens_of

SHOP = '''\
"""A shop."""

import math


class Cart:
    """Holds items."""

    def __init__(self, items):
        self.items = items

    def total(
        self,
        rate: float,
    ) -> float:
        """With tax."""
        return math.fsum(self.items) * rate


def pay(cart):
    return cart.total(1.2)
'''
CART, INIT = Block("Cart", 5, 5, 16), Block("Cart.__init__", 8, 8, 9)
TOTAL, PAY = Block("Cart.total", 11, 14, 16), Block("pay", 19, 19, 20)
SOURCE = Source("src/shop.py", SHOP, (CART, INIT, TOTAL, PAY))


def packed(*blocks: Block, budget: int = 1000, source: Source = SOURCE, signature_only: bool = False) -> Section:
    return pack([Place(source.path, block, signature_only) for block in blocks], [source], budget)


def test_a_method_stands_in_its_class_and_what_is_left_out_is_marked():
    assert packed(TOTAL).text == (
        "src/shop.py\n```\n⋮ 5 lines\nclass Cart:\n⋮ 5 lines\n"
        "    def total(\n        self,\n        rate: float,\n    ) -> float:\n"
        '        """With tax."""\n        return math.fsum(self.items) * rate\n⋮ 4 lines\n```\n'
    )
    assert "math.fsum" not in packed(TOTAL, signature_only=True).text


def test_signatures_come_before_bodies_and_the_first_place_before_the_second():
    whole = packed(TOTAL, PAY).tokens
    fitted = packed(TOTAL, PAY, budget=whole - 1)
    assert fitted.files[0].bodies == ("pay",)
    assert fitted.files[0].signatures == ("Cart.total",)
    barely = packed(PAY, TOTAL, budget=packed(PAY, signature_only=True).tokens)
    assert (barely.files[0].signatures, barely.left_out) == (("pay",), 1)
    assert packed(PAY, budget=1) == Section("", 0, (), 1)
    assert packed(CART).files[0].bodies == ("Cart",)


def test_the_order_is_by_path_and_line_whatever_the_rank():
    other = Source("a.py", "x = 1\n", (Block("x", 0, 0, 0),))
    places = [Place("src/shop.py", PAY), Place("src/shop.py", INIT), Place("a.py", other.blocks[0])]
    section = pack(places, [SOURCE, other], 1000)
    assert section == pack(places, [other, SOURCE], 1000)
    assert [file.path for file in section.files] == ["a.py", "src/shop.py"]
    assert section.files[1].bodies == ("Cart.__init__", "pay")


def test_a_text_cannot_break_out_of_its_fence_or_forge_a_mark():
    fenced = Source("a.md", "````\nend\n````\n", (Block("", 0, 0, 2),))
    assert packed(fenced.blocks[0], source=fenced).text == "a.md\n`````\n````\nend\n````\n`````\n"
    forged = Source("b.py", "x = 1\n⋮ 3 lines\n", (Block("x", 0, 0, 1),))
    assert packed(forged.blocks[0], source=forged) == Section("", 0, (), 1)
    odd = Source("a\n```\n.py", "x\ud800 = 1", (Block("x", 0, 0, 0),))
    assert packed(odd.blocks[0], source=odd).text == "'a\\n```\\n.py'\n```\nx? = 1\n```\n"


def test_a_place_beyond_the_text_is_left_out():
    gone = Block("gone", 90, 91, 99)
    assert packed(gone, PAY).left_out == 1
    assert pack([Place("nowhere.py", PAY)], [SOURCE], 1000).left_out == 1


@pytest.mark.parametrize(
    ("definition", "name_line", "signature", "end"),
    [
        (range(11, 17), 11, "def total(self, rate: float,) -> float", 14),
        (range(5, 17), 5, "class Cart", 5),
        (range(19, 21), 19, "something else", 19),
        (range(90, 95), 90, "def gone()", 90),
    ],
)
def test_where_a_header_ends(definition: range, name_line: int, signature: str, end: int):
    assert header_end(lines_of(SHOP), definition, name_line, signature) == end


def test_a_header_may_begin_before_the_line_of_its_name():
    lines = ["@wrapped", "static int", "area(int a,", "     int b)", "{", "}"]
    assert header_end(lines, range(6), 2, "static int area(int a, int b)") == 3


TEXTS = st.lists(
    st.one_of(st.text(alphabet="ab ⋮`é\t😀", max_size=12), st.sampled_from(["", "def f():", "    return 1", "```"])),
    max_size=25,
).map("\n".join)


@st.composite
def sources(draw: st.DrawFn) -> list[Source]:
    found = []
    for path in draw(st.lists(st.sampled_from(["a.py", "b/c.py", "d.md", "é.rs"]), unique=True, max_size=3)):
        text = draw(TEXTS)
        blocks = []
        for number in range(draw(st.integers(0, 4))):
            start, header, end = sorted(draw(st.tuples(*[st.integers(0, 26)] * 3)))
            blocks.append(Block(f"n{number}", start, header, end))
        found.append(Source(path, text, tuple(blocks)))
    return found


@given(sources(), st.integers(0, 150), st.randoms(use_true_random=False))
@settings(max_examples=150, deadline=None)
def test_any_section_is_within_budget_verbatim_and_complete(given_sources, budget, randomly):
    places = [Place(source.path, block, randomly.random() < 0.3) for source in given_sources for block in source.blocks]
    randomly.shuffle(places)
    section = pack(places, given_sources, budget)
    assert section.tokens == tokens_of(section.text) <= budget
    assert section.left_out <= len(places)
    by_path = {source.path: lines_of(source.text) for source in given_sources}
    assert [file.path for file in section.files] == sorted(file.path for file in section.files)
    rest = section.text
    for file in section.files:
        name, fence, rest = rest.split("\n", 2)
        assert name == file.path
        body, rest = rest.split(f"{fence}\n", 1)
        assert replayed(body) == [line if shown else None for line, shown in aligned(body, by_path[file.path])]
    assert rest == ""


def replayed(body: str) -> list[str | None]:
    """The lines that a body accounts for; None for each that a mark stands for."""
    lines: list[str | None] = []
    for line in body.split("\n")[:-1]:
        mark = re.fullmatch(r"⋮ (\d+) lines?", line)
        lines += [None] * int(mark[1]) if mark else [line]
    return lines


def aligned(body: str, lines: list[str]) -> list[tuple[str, bool]]:
    said = replayed(body)
    assert len(said) == len(lines)
    return [(line, shown is not None) for line, shown in zip(lines, said, strict=True)]

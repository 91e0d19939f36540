"""Questions about a workspace's code, answered from its index, its unsaved texts and Python's own rules."""

import asyncio
import threading
from pathlib import Path

import pytest
from tercet_server.context import CodeService, JediAnalysis
from tercet_server.context import indexes as life
from tercet_server.ports import CodePlace
from tercet_shared.context import FoundBy, IndexState
from tercet_shared.errors import EditRefused, InvalidRequest, NotFound, TercetError, Unsupported, WorkspaceGone
from tercet_shared.ids import WorkspaceId

from tests.doubles.workspace_ground import ALICE, BOB
from tests.server.context.conftest import SHOP, Asked, shop


async def until_named(asked: Asked, name: str, path: str) -> None:
    """Waits until the index knows the name in the file."""
    async with asyncio.timeout(30):
        while path not in {each.path for each in (await asked.service.symbols(asked.ground.id, name, 10)).symbols}:
            await asyncio.sleep(0.02)


# -- definitions and references -----------------------------------------------------------------------------------------


async def test_python_names_are_followed_by_pythons_rules(asked: Asked):
    answer = await asked.service.definition(asked.place("src/shop/till.py", "total"))
    (total,) = answer.definitions
    assert (total.path, total.name, total.kind) == ("src/shop/cart.py", "Cart.total", "method")
    assert total.signature == "def total(self)"
    assert (answer.name, answer.found_by) == ("total", FoundBy.ANALYSIS)
    assert answer.coverage.complete
    outside = await asked.service.definition(asked.place("tests/conftest.py", "fixture"))
    assert outside.definitions == []
    nothing = await asked.service.definition(asked.place("src/shop/cart.py", "= items"))
    assert (nothing.name, nothing.definitions) == ("", [])
    itself = await asked.service.definition(asked.place("src/shop/bill.py", "total"))
    assert [each.name for each in itself.definitions] == ["Bill.total"]


async def test_what_is_no_definition_of_the_outline_is_found_where_it_is_bound(asked: Asked):
    answer = await asked.service.definition(asked.place("src/shop/till.py", "cart.total"))
    (cart,) = answer.definitions
    assert (cart.path, cart.name, cart.signature) == ("src/shop/till.py", "pay.cart", "cart = Cart(items)")


async def test_other_languages_go_by_names_and_imports(asked: Asked):
    answer = await asked.service.definition(asked.place("web/app.ts", "sum([1"))
    assert [(each.path, each.name) for each in answer.definitions] == [("web/cart.ts", "sum")]
    assert answer.found_by is FoundBy.NAMES
    used = await asked.service.references(asked.place("web/cart.ts", "sum"), 10)
    assert [(each.path, each.range.start.line) for each in used.references] == [
        ("web/cart.ts", 0),
        ("web/app.ts", 0),
        ("web/app.ts", 3),
    ]
    last = used.references[-1]
    assert SHOP["web/app.ts"].splitlines()[3][last.range.start.character : last.range.end.character] == "sum"
    local = await asked.service.references(asked.place("web/app.ts", "name ="), 10)
    assert [each.range.start.line for each in local.references] == [3, 3]


async def test_references_leave_out_what_has_the_same_name_alone(asked: Asked):
    answer = await asked.service.references(asked.place("src/shop/cart.py", "total"), 100)
    assert {each.path for each in answer.references} == {"src/shop/cart.py", "src/shop/till.py", "tests/test_cart.py"}
    assert all(each.text for each in answer.references)
    certain = {each.path: each.certain for each in answer.references}
    assert certain["src/shop/till.py"]
    few = await asked.service.references(asked.place("src/shop/cart.py", "total"), 1)
    assert few.truncated
    assert len(few.references) == 1


async def test_a_description_says_what_it_is_and_who_uses_it(asked: Asked):
    answer = await asked.service.describe(asked.place("src/shop/cart.py", "rounded(sum"))
    assert answer.symbol is not None
    assert answer.symbol.path == "src/shop/money.py"
    for part in ("def rounded(amount)", "To whole cents", "src/shop/money.py:1", "Used 1 time.", "def total(self):"):
        assert part in answer.markdown
    nothing = await asked.service.describe(asked.place("src/shop/cart.py", "= items"))
    assert (nothing.symbol, nothing.markdown) == (None, "")


# -- searching ------------------------------------------------------------------------------------------------------------


async def test_a_description_fetches_nothing_that_a_stranger_wrote_into_it(asked: Asked):
    asked.put(
        "src/shop/odd.py",
        'def odd():\n    """![](https://example.org/a.png) <img src=b> [c](command:d)"""\n\n\nodd()\n',
    )
    await until_named(asked, "odd", "src/shop/odd.py")
    found = await asked.service.describe(asked.place("src/shop/odd.py", "odd"))
    assert r"\!\[\](https://example.org/a.png) \<img src=b\> \[c\](command:d)" in found.markdown


async def test_a_search_finds_definitions_and_files(asked: Asked):
    answer = await asked.service.search(asked.ground.id, "round an amount to cents", 5)
    assert answer.definitions[0].symbol.name == "rounded"
    assert answer.files[0].path == "src/shop/money.py"
    assert sum(each.share for each in answer.definitions[0].reasons) == pytest.approx(answer.definitions[0].score)
    assert (await asked.service.search(asked.ground.id, "zyzzyva", 5)).definitions == []
    assert (await asked.service.search(asked.ground.id, "( \x00 ' \" * ⋮", 5)).files == []


async def test_a_section_is_packed_from_the_best_places(asked: Asked):
    section = await asked.service.section(asked.ground.id, "round an amount to cents", 150, None)
    assert section.tokens <= 150
    assert "    return round(amount, 2)" in section.text
    packed = {each.path: each for each in section.files}
    assert packed["src/shop/money.py"].bodies == ["rounded"]
    tiny = await asked.service.section(asked.ground.id, "round an amount to cents", 3, None)
    assert (tiny.text, tiny.files) == ("", [])
    assert tiny.left_out > 0


async def test_symbols_are_found_by_about_their_name(asked: Asked):
    answer = await asked.service.symbols(asked.ground.id, "paytw", 10)
    assert [each.name for each in answer.symbols] == ["pay_twice"]
    assert (await asked.service.symbols(asked.ground.id, " ", 10)).symbols == []


# -- unsaved texts ----------------------------------------------------------------------------------------------------------


async def test_a_client_sees_its_own_unsaved_text(asked: Asked):
    text = "# a line more\n" + SHOP["src/shop/money.py"].replace("rounded", "curved")
    await asked.ground.type(ALICE, "src/shop/money.py", text)
    mine = await asked.service.outline(asked.ground.id, "src/shop/money.py", ALICE)
    assert [(each.name, each.name_range.start.line) for each in mine.symbols] == [("curved", 1)]
    await asked.ground.type(BOB, "src/shop/money.py", SHOP["src/shop/money.py"], 2)
    other = await asked.service.outline(asked.ground.id, "src/shop/money.py", BOB)
    assert [each.name for each in other.symbols] == ["rounded"]
    place = asked.place("src/shop/money.py", "curved", text, ALICE)
    assert [each.name for each in (await asked.service.definition(place)).definitions] == ["curved"]


async def test_positions_are_those_of_the_unsaved_text(asked: Asked):
    await asked.ground.type(ALICE, "src/shop/cart.py", "\n\n\n" + SHOP["src/shop/cart.py"])
    answer = await asked.service.definition(asked.place("src/shop/till.py", "total", client=ALICE))
    assert [each.name_range.start.line for each in answer.definitions] == [10]
    section = await asked.service.section(asked.ground.id, "what the items cost together", 200, ALICE)
    assert "    def total(self):\n" in section.text


async def test_an_unsaved_text_is_searched_until_it_is_given_up(asked: Asked):
    await asked.ground.type(ALICE, "src/shop/gift.py", "def wrapped_gift():\n    pass\n")
    asked.service.noted(asked.ground.id, "src/shop/gift.py")
    await until_named(asked, "wrapped_gift", "src/shop/gift.py")
    await asked.service.rebuild(asked.ground.id)
    await asked.built()
    await until_named(asked, "wrapped_gift", "src/shop/gift.py")
    await asked.ground.service.forget_client(ALICE)
    asked.service.noted(asked.ground.id, "src/shop/gift.py")
    async with asyncio.timeout(30):
        while (await asked.service.symbols(asked.ground.id, "wrapped_gift", 10)).symbols:
            await asyncio.sleep(0.02)


async def test_a_saved_file_is_searched_a_moment_later(asked: Asked):
    asked.put("src/shop/new.py", "def brand_new():\n    pass\n")
    await until_named(asked, "brand_new", "src/shop/new.py")


# -- bad input ----------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("path", "error"),
    [
        ("nowhere.py", NotFound),
        ("../outside.py", EditRefused),
        ("out.py", EditRefused),
        ("src", EditRefused),
        ("src/shop/data.bin", Unsupported),
    ],
)
async def test_a_path_that_cannot_be_read_is_named(asked: Asked, path: str, error: type[TercetError]):
    asked.put("src/shop/data.bin", b"\x00\xff\xfe\x00" * 10)  # type: ignore[arg-type]
    (asked.ground.root / "out.py").symlink_to("/etc/hostname")
    for ask in (asked.service.definition, asked.service.describe):
        with pytest.raises(error, match=r"\w"):
            await ask(CodePlace(asked.ground.id, path, 0, 0))
    with pytest.raises(error):
        await asked.service.outline(asked.ground.id, path, None)


async def test_a_place_beyond_the_text_is_refused_and_beyond_a_line_is_its_end(asked: Asked):
    with pytest.raises(InvalidRequest, match="has 4 lines"):
        await asked.service.definition(CodePlace(asked.ground.id, "src/shop/money.py", 4, 0))
    beyond = await asked.service.references(CodePlace(asked.ground.id, "src/shop/money.py", 2, 10_000), 10)
    assert (beyond.name, beyond.references) == ("", [])


async def test_a_workspace_that_is_gone_or_was_never_there(asked: Asked):
    asked.ground.root.rename(asked.ground.root.with_name("moved"))
    with pytest.raises(WorkspaceGone):
        await asked.service.search(asked.ground.id, "cart", 5)
    with pytest.raises(NotFound):
        await asked.service.status(WorkspaceId("w0"))


# -- the index's life ---------------------------------------------------------------------------------------------------------


async def test_an_answer_says_what_it_was_made_from(tmp_path: Path):
    ground, analysis = await shop(tmp_path), JediAnalysis(tmp_path / "jedi")
    service = CodeService(tmp_path / "index", ground.service, analysis)
    first = await service.search(ground.id, "cart", 5)
    assert first.coverage.complete or first.coverage.files_done <= first.coverage.files_total
    await service.close()
    await analysis.close()


async def test_the_index_follows_trust_and_is_closed_when_nobody_uses_it(asked: Asked, monkeypatch: pytest.MonkeyPatch):
    before = asked.service._indexes.opened(asked.ground.id)
    await asked.ground.service.set_trust(asked.ground.id, True)
    status = await asked.service.status(asked.ground.id)
    after = asked.service._indexes.opened(asked.ground.id)
    assert after is not None
    assert after is not before
    assert after.trusted
    assert status.coverage.files_total in (0, len(SHOP))
    await asked.built()
    monkeypatch.setattr(life, "MOST_OPEN", 0)
    await asked.service._indexes._close_oldest()
    assert asked.service._indexes.opened(asked.ground.id) is after
    after.used_at -= 100
    await asked.service._indexes._close_oldest()
    assert asked.service._indexes.opened(asked.ground.id) is None
    assert (await asked.service.search(asked.ground.id, "cart", 5)).coverage.files_total in (0, len(SHOP))


async def test_a_build_that_fails_says_why_and_a_rebuild_heals_it(asked: Asked, tmp_path: Path):
    hidden = tmp_path / "hidden"
    live = asked.service._indexes.opened(asked.ground.id)
    assert live is not None
    asked.ground.root.rename(hidden)
    live.rebuild()
    async with asyncio.timeout(30):
        while live.is_building:
            await asyncio.sleep(0.01)
    failed = await asyncio.to_thread(live.status)
    assert failed.state is IndexState.FAILED
    assert any("project" in each for each in failed.problems)
    hidden.rename(asked.ground.root)
    await asked.service.rebuild(asked.ground.id)
    await asked.built()
    assert (await asked.service.status(asked.ground.id)).state is IndexState.READY


async def test_rebuilds_asked_for_again_and_again_leave_the_daemon_its_threads(
    asked: Asked, monkeypatch: pytest.MonkeyPatch
):
    begun, going_on = [], threading.Event()

    def slow(listing: object, stop: object, said: object) -> None:
        begun.append(1)
        assert going_on.wait(30)

    live = await asked.service._indexes.get(await asked.ground.service.get(asked.ground.id))
    monkeypatch.setattr(live.index, "_build", slow)
    try:
        for _ in range(100):
            await asked.service.rebuild(asked.ground.id)
        async with asyncio.timeout(20):
            assert await asyncio.to_thread(lambda: "answered") == "answered"
    finally:
        going_on.set()
    await asked.built()
    assert len(begun) == 1

"""What running code says of it: cases that come out the same again, mutants told apart, suspicions; nothing reaches out."""

from collections.abc import Mapping

from tercet_server.ports import CallExample, Exploration, Explored

MONEY = '''
    """Amounts of money."""
    import datetime
    import os
    import random


    class Purse:
        def __init__(self, cents: int = 0) -> None:
            if cents < 0:
                raise ValueError("a purse holds no debt")
            self.cents = cents

        def put(self, cents: int) -> None:
            self.cents += cents

        def __len__(self):
            return self.cents


    def share(cents: int, people: int) -> int:
        return cents // people


    def parse(text: str) -> int:
        whole, _, rest = text.partition(",")
        if rest == "special":
            return 7
        return int(whole) * 100


    def largest(items):
        items.sort()
        return items[-1]


    def countdown(start: int):
        while start > 0:
            yield start
            start -= 1


    def spin(n: int):
        while True:
            n += 1


    def today():
        return str(datetime.date.today())


    def roll():
        return random.random()


    def any_order(words: list[str]):
        return list({str(each) for each in "abcdefgh"})


    def save(text: str):
        with open("saved.txt", "w") as file:
            file.write(text)


    def remove(name: str):
        os.remove("money.py")


    async def later(n: int):
        return n + 1


    def boom(n: int):
        os._exit(n)
    '''


async def explore(open_session, files: Mapping[str, str], **asked: object) -> Explored:
    order = {"path": "money.py", "modules": ["money"], "deadline_s": 20.0, **asked}
    async with open_session(files) as session:
        return await session.explore(Exploration(**order))


async def test_what_code_does_is_told_as_source(open_session):
    explored = await explore(
        open_session, {"money.py": MONEY}, subjects=["Purse", "parse", "largest", "countdown", "later", "share"]
    )
    told = {each.call: each.outcome for each in explored.cases}
    assert explored.module == "money"
    assert not explored.problem
    assert {each.subject for each in explored.cases} == {
        "Purse", "Purse.put", "Purse.__len__", "parse", "largest", "countdown", "later", "share",
    }  # fmt: skip
    assert any(each.form.startswith("list(countdown(") and each.source == "[1]" for each in told.values())
    assert any(each.form.startswith("asyncio.run(later(") for each in told.values())
    refused = next(each for call, each in told.items() if call == "Purse(-1)" or "cents=-1" in call)
    assert (refused.kind, refused.type, refused.message) == ("raises", "ValueError", "a purse holds no debt")
    put = next(each for each in explored.cases if each.subject == "Purse.put")
    assert any(expression == "purse.cents" for expression, *_ in put.outcome.checks)
    changed = [each for each in explored.cases if each.subject == "largest" and each.setup]
    assert any(check[0] == "items" for each in changed for check in each.outcome.checks)


async def test_a_literal_of_the_code_opens_the_way_behind_it(open_session):
    explored = await explore(open_session, {"money.py": MONEY}, subjects=["parse"], examples={
        "parse": [CallExample(["'3,special'"])]
    })  # fmt: skip
    assert any(each.origin == "call site" and each.outcome.source == "7" for each in explored.cases)


async def test_mutants_are_told_apart_by_the_cases_that_come_out_differently(open_session):
    text = "def share(cents: int, people: int) -> int:\n    return cents // people\n"
    start = text.index("//")
    mutants = [(start, start + 2, "*", 1, 1), (start, start + 2, "//", 1, 1)]
    explored = await explore(open_session, {"money.py": text}, mutants=mutants)
    assert explored.killed[0]
    assert explored.killed[1] == frozenset()


async def test_an_accident_on_plausible_input_is_a_suspicion_and_no_case(open_session):
    explored = await explore(open_session, {"money.py": MONEY}, subjects=["share"])
    assert [each.type for each in explored.suspects] == ["ZeroDivisionError"]
    assert all(each.outcome.kind == "gives" for each in explored.cases)


async def test_what_differs_by_time_chance_or_hash_and_what_does_not_end_is_no_case(open_session):
    subjects = ["spin", "today", "roll", "any_order", "boom"]
    explored = await explore(open_session, {"money.py": MONEY}, subjects=subjects)
    assert [each.call for each in explored.cases] == []


async def test_nothing_is_written_or_removed(open_session, tmp_path):
    explored = await explore(open_session, {"money.py": MONEY}, subjects=["save", "remove"])
    assert [each.call for each in explored.cases] == []
    assert (tmp_path / "copy" / "money.py").exists()
    assert not (tmp_path / "copy" / "saved.txt").exists()


async def test_a_module_that_cannot_be_imported_is_a_problem_in_words(open_session):
    explored = await explore(open_session, {"money.py": "import nowhere_to_be_found\n"})
    assert "nowhere_to_be_found" in explored.problem
    assert list(explored.cases) == []


async def test_a_package_below_src_is_found_as_the_tests_find_it(open_session):
    files = {
        "src/shop/__init__.py": "",
        "src/shop/price.py": "def double(price: int) -> int:\n    return 2 * price\n",
        "tests/conftest.py": "import sys\nsys.path.insert(0, 'src')\n",
    }
    explored = await explore(
        open_session, files, path="src/shop/price.py", modules=["shop.price", "src.shop.price"], tests_folder="tests"
    )
    assert explored.module == "shop.price"
    assert explored.cases

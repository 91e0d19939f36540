"""Variants tried on a stage, many to one set-up of pytest: each has the outcome that a process of its own would have."""

from tercet_server.ports import Outcome

SHAPES = {
    "shapes.py": """
        import asyncio
        import contextlib
        import functools

        LIMIT = 3
        SQUARES = [n * n for n in range(4)]


        def plain(n):
            return n + 2


        def with_default(n=2):
            return n


        def adding(step):
            def add(n):
                return n + step + 1

            return add


        add_one = adding(1)


        def counted(function):
            @functools.wraps(function)
            def wrapper(*args):
                wrapper.calls += 2
                return function(*args)

            wrapper.calls = 0
            return wrapper


        @counted
        def decorated(n):
            return n * 3


        @functools.lru_cache
        def cached(n):
            return n if n < 2 else cached(n - 1) + cached(n - 3)


        class Account:
            interest = 2

            def __init__(self, balance):
                self._balance = balance

            @property
            def balance(self):
                return self._balance - 1

            @classmethod
            def empty(cls):
                return cls(1)

            def grown(self):
                return self._balance * self.interest


        class Savings(Account):
            def grown(self):
                return super().grown() + 2


        def pieces(items):
            for item in items[1:]:
                yield item


        async def later(n):
            await asyncio.sleep(0)
            return n - 1


        @contextlib.contextmanager
        def opened(log):
            log.append("opened")
            yield
            log.append("shut")


        def table():
            return [1, 2, 4]


        TABLE = table()
        pick = lambda n: n - 1
        """,
    "test_shapes.py": """
        import asyncio
        import unittest

        import pytest

        import shapes
        from shapes import Account, Savings, TABLE, add_one, cached, decorated, later, opened, pick, pieces, plain


        def test_plain():
            assert plain(1) == 2


        def test_default():
            assert shapes.with_default() == 1


        def test_closure():
            assert add_one(1) == 2


        def test_decorated():
            assert decorated(2) == 4


        def test_decorator():
            decorated(2)
            assert decorated.calls == 1


        def test_cached():
            assert cached(4) == 3


        def test_property():
            assert Account(2).balance == 2


        def test_classmethod():
            assert Account.empty()._balance == 0


        def test_subclass():
            assert Savings(2).grown() == 5


        def test_class_attribute():
            assert Account(2).grown() == 6


        def test_generator():
            assert list(pieces([1, 2])) == [1, 2]


        def test_coroutine():
            assert asyncio.run(later(1)) == 1


        def test_context_manager():
            log = []
            with opened(log):
                pass
            assert log == ["opened", "closed"]


        def test_constant():
            assert shapes.LIMIT == 4


        def test_computed_at_import():
            assert TABLE == [1, 2, 3]


        def test_lambda():
            assert pick(2) == 2


        def test_comprehension():
            assert shapes.SQUARES == [0, 1, 4]


        @pytest.mark.parametrize("item", shapes.table())
        def test_parametrised(item):
            assert item < 4


        @pytest.fixture(scope="module")
        def account():
            return Account(3)


        def test_fixture(account):
            assert account.balance == 3


        class TestCase(unittest.TestCase):
            def setUp(self):
                self.account = Account(5)

            def test_method(self):
                self.assertEqual(self.account.balance, 5)

            def test_skipped(self):
                self.skipTest("always")
        """,
}

CASES = [
    ("test_plain", "n + 2", "n + 1", "n - 1"),
    ("test_default", "n=2", "n=1", "n=3"),
    ("test_closure", "n + step + 1", "n + step", "n - step"),
    ("test_decorated", "n * 3", "n * 2", "n * 4"),
    ("test_decorator", "calls += 2", "calls += 1", "calls += 3"),
    ("test_cached", "cached(n - 3)", "cached(n - 2)", "cached(n - 4)"),
    ("test_property", "self._balance - 1", "self._balance", "self._balance + 1"),
    ("test_classmethod", "cls(1)", "cls(0)", "cls(2)"),
    ("test_subclass", "super().grown() + 2", "super().grown() + 1", "super().grown()"),
    ("test_class_attribute", "interest = 2", "interest = 3", "interest = 4"),
    ("test_generator", "items[1:]", "items", "items[0:1]"),
    ("test_coroutine", "return n - 1", "return n", "return n + 1"),
    ("test_context_manager", '"shut"', '"closed"', '"locked"'),
    ("test_constant", "LIMIT = 3", "LIMIT = 4", "LIMIT = 5"),
    ("test_computed_at_import", "[1, 2, 4]", "[1, 2, 3]", "[1, 2, 5]"),
    ("test_lambda", "lambda n: n - 1", "lambda n: n", "lambda n: 0"),
    ("test_comprehension", "range(4)", "range(3)", "range(2)"),
    ("test_fixture", "self._balance - 1", "self._balance", "1"),
    ("TestCase::test_method", "self._balance - 1", "self._balance", "1"),
    ("test_plain", "n + 2", "n + 1\n    print(n)", "n +"),
]


async def test_a_repair_of_any_shape_passes_and_no_other_edit_does(open_session, tmp_path):
    async with open_session(SHAPES, workers=2) as session:
        base = (tmp_path / "original" / "shapes.py").read_text()
        everything = (await session.collect(["test_shapes.py"])).not_run

        async def passes(tests, text, **options):
            report = await session.run(tests, per_test_s=5, deadline_s=60, texts={"shapes.py": text}, **options)
            return bool(report.results) and not report.failing() and not report.not_run

        for name, old, right, wrong in CASES:
            assert base.count(old) == 1, old
            tests = [test for test in everything if test == f"test_shapes.py::{name}"]
            assert await passes(tests, base.replace(old, right), stop_at_failure=True), (name, right)
            assert not await passes(tests, base.replace(old, wrong), stop_at_failure=True), (name, wrong)
            assert not await passes(tests, base, stop_at_failure=True), name
            assert await passes(tests, base.replace(old, right), trace=True), (name, "in a process of its own")


async def test_a_variant_decides_which_tests_there_are(open_session, tmp_path):
    async with open_session(SHAPES) as session:
        base = (tmp_path / "original" / "shapes.py").read_text()
        tests = [f"test_shapes.py::test_parametrised[{n}]" for n in (1, 2, 4)]
        before = await session.run(tests, per_test_s=5, deadline_s=60)
        variant = {"shapes.py": base.replace("[1, 2, 4]", "[1, 2, 3]")}
        after = await session.run(tests, per_test_s=5, deadline_s=60, texts=variant, stop_at_failure=True)
    assert [each.test for each in before.failing()] == tests[2:]
    assert [each.test for each in after.failing()] == tests[2:], "the test of 4 is no more, which repairs nothing"


async def test_a_variant_may_repair_what_kept_the_tests_from_being_imported(open_session):
    project = {
        "odd.py": "def odd(n)\n    return n % 2\n",
        "test_odd.py": "from odd import odd\n\n\ndef test_odd():\n    assert odd(1)\n",
    }
    variant = {"odd.py": "def odd(n):\n    return n % 2\n"}
    worse = {"odd.py": "def odd(n):\n    return not n % 2\n"}
    async with open_session(project) as session:
        base = await session.run(["test_odd.py"], per_test_s=5, deadline_s=60)
        reports = [
            await session.run(["test_odd.py"], per_test_s=5, deadline_s=60, texts=each, stop_at_failure=True)
            for each in (variant, worse, variant)
        ]
    assert [each.test for each in base.collection_errors] == ["test_odd.py"]
    assert [bool(each.failing()) for each in reports] == [False, True, False]
    assert reports[2].results["test_odd.py::test_odd"].outcome is Outcome.PASSED


async def test_what_conftest_imports_can_be_varied_too(open_session):
    project = {
        "rate.py": "RATE = 1\n\n\ndef rate():\n    return RATE\n",
        "conftest.py": "import pytest\nimport rate\n\n\n@pytest.fixture\ndef current():\n    return rate.rate()\n",
        "test_rate.py": "def test_rate(current):\n    assert current == 2\n",
    }
    variants = {"RATE = 2\n\n\ndef rate():\n    return RATE\n", "RATE = 1\n\n\ndef rate():\n    return RATE + 1\n"}
    async with open_session(project) as session:
        base = await session.run(["test_rate.py"], per_test_s=5, deadline_s=60)
        for text in variants:
            texts = {"rate.py": text}
            report = await session.run(["test_rate.py"], per_test_s=5, deadline_s=60, texts=texts, stop_at_failure=True)
            assert [each.outcome for each in report.results.values()] == [Outcome.PASSED]
    assert [each.outcome for each in base.results.values()] == [Outcome.FAILED]


async def test_a_file_saved_between_two_variants_is_seen(open_session, tmp_path):
    project = {
        "one.py": "def one():\n    return 0\n",
        "two.py": "def two():\n    return 0\n",
        "test_sum.py": "from one import one\nfrom two import two\n\n\ndef test_sum():\n    assert one() + two() == 3\n",
    }
    variant = {"one.py": "def one():\n    return 1\n"}
    async with open_session(project) as session:
        await session.run(["test_sum.py"], per_test_s=5, deadline_s=60)
        before = await session.run(["test_sum.py"], per_test_s=5, deadline_s=60, texts=variant, stop_at_failure=True)
        (tmp_path / "copy" / "two.py").write_text("def two():\n    return 2\n")
        after = await session.run(["test_sum.py"], per_test_s=5, deadline_s=60, texts=variant, stop_at_failure=True)
    assert before.failing()
    assert not after.failing()
    assert after.results


ENDINGS = {
    "while True: pass": Outcome.TIMEOUT,
    "import time; time.sleep(60)": Outcome.TIMEOUT,
    "sum(range(10**12))": Outcome.TIMEOUT,
    "import os; os._exit(0)": Outcome.ERROR,
    "import os; os.abort()": Outcome.ERROR,
    "return simple()": Outcome.FAILED,
    "raise SystemExit": Outcome.FAILED,
    "raise KeyboardInterrupt": Outcome.ERROR,
    "import os; os.kill(os.getppid(), 9)": Outcome.ERROR,
    "return 2": Outcome.PASSED,
}


async def test_a_variant_that_hangs_or_crashes_takes_nothing_with_it(open_session):
    project = {
        "simple.py": "def simple():\n    return 1\n",
        "test_simple.py": "from simple import simple\n\n\ndef test_simple():\n    assert simple() == 2\n",
    }
    test = "test_simple.py::test_simple"
    sound = {"simple.py": "def simple():\n    return 2\n"}
    async with open_session(project) as session:
        await session.run([test], per_test_s=5, deadline_s=60)
        for body, outcome in ENDINGS.items():
            variant = {"simple.py": f"def simple():\n    {body}\n"}
            report = await session.run([test], per_test_s=0.2, deadline_s=60, texts=variant, stop_at_failure=True)
            again = await session.run([test], per_test_s=0.2, deadline_s=60, texts=sound, stop_at_failure=True)
            assert report.results[test].outcome is outcome, body
            assert again.results[test].outcome is Outcome.PASSED, body

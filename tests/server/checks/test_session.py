"""The warm workers: outcomes, deadlines, crashes, variants in memory, coverage; on the strongest sandbox there is here."""

import asyncio
import time

import pytest
from tercet_server.checks import PytestTests
from tercet_server.ports import Frame, Limits, Outcome

CALC = """
    def add(a, b):
        return a - b


    def spin(n):
        while n:
            n += 1
        return n
"""


async def test_lines_are_traced_for_each_test_alone_even_for_one_that_hangs(open_session):
    project = {
        "calc.py": CALC,
        "test_calc.py": """
            import threading

            import calc


            def test_add():
                assert calc.add(1, 2) == 3


            def test_nothing():
                pass


            def test_spin():
                calc.spin(1)


            def test_thread():
                thread = threading.Thread(target=calc.add, args=(1, 2))
                thread.start()
                thread.join()
            """,
    }
    async with open_session(project) as session:
        report = await session.run(["test_calc.py"], per_test_s=2, deadline_s=60, trace=True)
    covered = {test.partition("::")[2]: dict(result.covered) for test, result in report.results.items()}
    assert covered["test_add"] == {"calc.py": (2,), "test_calc.py": (7,)}
    assert covered["test_nothing"] == {"test_calc.py": (11,)}
    assert covered["test_spin"] == {"calc.py": (6, 7), "test_calc.py": (15,)}
    assert covered["test_thread"]["calc.py"] == (2,)


async def test_a_variant_is_served_from_memory_however_it_is_imported(open_session):
    project = {
        "src/shop/__init__.py": "",
        "src/shop/price.py": "RATE = 1\n\n\ndef price():\n    return RATE\n",
        "conftest.py": "import sys\nsys.path.insert(0, 'src')\n",
        "tests/rate.py": "def rate():\n    return 1\n",
        "tests/test_price.py": """
            import importlib
            import inspect
            import runpy

            from rate import rate
            from shop import price as module
            from shop.price import price


            def test_imported():
                assert price() == 7 and rate() == 7


            def test_reloaded():
                importlib.reload(module)
                assert module.price() == 7
            """,
    }
    variant = {
        "src/shop/price.py": "RATE = 7\n\n\ndef price():\n    return RATE\n",
        "tests/rate.py": "def rate():\n    return 7\n",
    }
    tests = ["tests/test_price.py"]
    async with open_session(project) as session:
        plain = await session.run(tests, per_test_s=5, deadline_s=60)
        varied = await session.run(tests, per_test_s=5, deadline_s=60, texts=variant)
        again = await session.run(tests, per_test_s=5, deadline_s=60)
        broken = await session.run(tests, per_test_s=5, deadline_s=60, texts={"src/shop/price.py": "def price(:\n"})
        own_file = await session.run(
            tests, per_test_s=5, deadline_s=60, texts={"tests/test_price.py": "def test_imported(): assert 1 == 1\n"}
        )
        new_module = await session.run(
            tests, per_test_s=5, deadline_s=60,
            texts={**variant, "src/shop/price.py": "from shop.rates import RATE\ndef price(): return RATE\n",
                   "src/shop/rates.py": "RATE = 7\n"},
        )  # fmt: skip
    assert {each.outcome for each in plain.results.values()} == {Outcome.FAILED}
    assert {each.outcome for each in varied.results.values()} == {Outcome.PASSED}
    assert {each.outcome for each in again.results.values()} == {Outcome.FAILED}
    assert {each.outcome for each in own_file.results.values()} == {Outcome.PASSED}
    assert {each.outcome for each in new_module.results.values()} == {Outcome.PASSED}
    (error,) = broken.collection_errors
    assert error.message.startswith("SyntaxError")
    assert error.frames[-1] == Frame("src/shop/price.py", 0, "<module>")


async def test_a_file_written_between_two_runs_is_seen(open_session, tmp_path):
    project = {
        "calc.py": "def one():\n    return 1\n",
        "test_calc.py": "import calc\ndef test(): assert calc.one() == 2\n",
    }
    async with open_session(project) as session:
        before = await session.run(["test_calc.py::test"], per_test_s=5, deadline_s=60)
        (tmp_path / "copy" / "calc.py").write_text("def one():\n    return 2\n")
        after = await session.run(["test_calc.py::test"], per_test_s=5, deadline_s=60)
    assert before.results["test_calc.py::test"].outcome is Outcome.FAILED
    assert after.results["test_calc.py::test"].outcome is Outcome.PASSED


async def test_collecting_runs_nothing_and_says_what_is_broken(open_session):
    project = {
        "helper.py": "import missing_thing\n",
        "test_a.py": "def test_one(): assert False\n\ndef test_two(): pass\n",
        "sub/test_b.py": "import helper\n",
        "sub/test_c.py": "def test_three(:\n",
        "sub/test_d.py": "while True: pass\n",
    }
    async with open_session(project) as session:
        folder = await session.collect(["test_a.py", "sub/test_b.py", "sub/test_c.py"])
        nothing = await session.collect(["nowhere"])
        one = await session.collect(["test_a.py::test_two"])
    assert folder.not_run == ("test_a.py::test_one", "test_a.py::test_two")
    assert not folder.results
    errors = {each.test: each for each in folder.collection_errors}
    assert "missing_thing" in errors["sub/test_b.py"].message
    assert errors["sub/test_b.py"].frames[-1] == Frame("helper.py", 0, "<module>")
    assert errors["sub/test_c.py"].frames[-1] == Frame("sub/test_c.py", 0, "<module>")
    assert nothing.not_run == ()
    assert one.not_run == ("test_a.py::test_two",)


async def test_an_import_that_hangs_or_crashes_is_told_apart_from_the_rest(open_session):
    project = {
        "test_a.py": "while True: pass\n\ndef test_a(): pass\n",
        "test_b.py": "import os\nos._exit(7)\n\ndef test_b(): pass\n",
        "test_c.py": "def test_c(): pass\n",
    }
    async with open_session(project) as session:
        await session.run(["test_c.py"], per_test_s=1, deadline_s=60)  # tells how long importing takes here
        report = await session.run(
            ["test_a.py::test_a", "test_b.py::test_b", "test_c.py::test_c"], per_test_s=1, deadline_s=60
        )
    outcomes = {test: result.outcome for test, result in report.results.items()}
    assert outcomes == {
        "test_a.py::test_a": Outcome.TIMEOUT,
        "test_b.py::test_b": Outcome.ERROR,
        "test_c.py::test_c": Outcome.PASSED,
    }
    assert {each.test for each in report.collection_errors} == {"test_a.py", "test_b.py"}
    assert "exit code 7" in report.results["test_b.py::test_b"].message


async def test_a_broken_conftest_is_reported_with_its_line(open_session):
    project = {"conftest.py": "import os\nraise RuntimeError('not today')\n", "test_a.py": "def test_a(): pass\n"}
    async with open_session(project) as session:
        report = await session.run(["test_a.py"], per_test_s=2, deadline_s=60)
    (error,) = [each for each in report.collection_errors if each.test == "conftest.py"]
    assert "not today" in error.message
    assert error.frames[-1] == Frame("conftest.py", 1, "<module>")
    assert report.failing()


@pytest.mark.parametrize(
    "addopts",
    [
        "-x --lf --cov=calc --cov-report term -n 4 --maxfail=1 --junitxml=out.xml -p no:cacheprovider",
        "-vxs --strict-markers -m 'not slow' --doctest-modules --sw --numprocesses=auto --cov",
    ],
)
async def test_the_projects_options_stay_but_for_those_that_distribute_measure_or_stop(open_session, addopts):
    project = {
        "pytest.ini": f"[pytest]\naddopts = {addopts}\nmarkers =\n    slow: takes long\npythonpath = lib\ncache_dir = there\n",
        "lib/calc.py": 'def one():\n    """\n    >>> one()\n    1\n    """\n    return 1\n',
        "test_a.py": """
            import pytest

            from calc import one


            def test_first():
                assert one() == 2


            @pytest.mark.slow
            def test_slow():
                pass


            def test_second():
                assert one() == 1
            """,
    }
    async with open_session(project) as session:
        report = await session.run(["test_a.py", "lib/calc.py"], per_test_s=2, deadline_s=60)
    outcomes = {test: result.outcome.value for test, result in report.results.items()}
    slow = {} if "not slow" in addopts else {"test_a.py::test_slow": "passed"}
    doctest = {"lib/calc.py::calc.one": "passed"} if "doctest" in addopts else {}
    missing = {} if doctest else {"lib/calc.py": "error"}
    assert outcomes == {
        "test_a.py::test_first": "failed",
        "test_a.py::test_second": "passed",
        **slow,
        **doctest,
        **missing,
    }


async def test_order_stopping_at_a_failure_and_tests_that_do_not_exist(open_session):
    project = {"test_a.py": "def test_1(): pass\ndef test_2(): assert 0\ndef test_3(): pass\n"}
    async with open_session(project) as session:
        stopped = await session.run(
            ["test_a.py::test_3", "test_a.py::test_2", "test_a.py::test_1"],
            per_test_s=2, deadline_s=60, stop_at_failure=True,
        )  # fmt: skip
        missing = await session.run(
            ["test_a.py::test_9", "test_a.py::test_1", "gone.py::test"], per_test_s=2, deadline_s=60
        )
    assert list(stopped.results) == ["test_a.py::test_3", "test_a.py::test_2"]
    assert stopped.not_run == ("test_a.py::test_1",)
    assert {test: each.outcome.value for test, each in missing.results.items()} == {
        "test_a.py::test_9": "error",
        "test_a.py::test_1": "passed",
        "gone.py::test": "error",
    }


async def test_the_deadline_leaves_the_rest_not_run(open_session):
    project = {"test_a.py": "import time\ndef test_1(): pass\ndef test_2(): time.sleep(60)\ndef test_3(): pass\n"}
    async with open_session(project) as session:
        await session.run(["test_a.py::test_1"], per_test_s=2, deadline_s=60)
        started = time.monotonic()
        report = await session.run(["test_a.py"], per_test_s=50, deadline_s=2)
        assert time.monotonic() - started < 40
    assert list(report.results) == ["test_a.py::test_1"]
    assert report.not_run == ("test_a.py::test_2", "test_a.py::test_3")


async def test_a_withdrawn_run_frees_its_worker(open_session):
    project = {"test_a.py": "def test_1(): pass\ndef test_2():\n    while True: pass\n"}
    async with open_session(project) as session:
        await session.run(["test_a.py::test_1"], per_test_s=2, deadline_s=60)
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(session.run(["test_a.py::test_2"], per_test_s=60, deadline_s=60), 0.5)
        started = time.monotonic()
        report = await session.run(["test_a.py::test_1"], per_test_s=2, deadline_s=60)
        assert time.monotonic() - started < 50
    assert report.results["test_a.py::test_1"].outcome is Outcome.PASSED


async def test_several_workers_share_the_files_and_calls_may_overlap(open_session):
    project = {
        f"test_{letter}.py": "import os\n" + "".join(f"def test_{n}(): pass\n" for n in range(4)) for letter in "abcd"
    }
    async with open_session(project, workers=2) as session:
        everything, alone = await asyncio.gather(
            session.run(["test_d.py", "test_a.py", *(f"test_{x}.py::test_{n}" for x in "bc" for n in range(4))],
                        per_test_s=5, deadline_s=60),
            session.run(["test_a.py::test_1"], per_test_s=5, deadline_s=60),
        )  # fmt: skip
    assert [test for test in everything.results if test.endswith("test_1")] == [
        "test_b.py::test_1", "test_c.py::test_1", "test_d.py::test_1", "test_a.py::test_1",
    ]  # fmt: skip
    assert len(everything.results) == 16
    assert alone.results["test_a.py::test_1"].outcome is Outcome.PASSED


async def test_a_worker_that_takes_too_much_memory_is_replaced(open_session):
    project = {
        "test_a.py": """
            def test_eats():
                eaten = []
                while True:
                    eaten.append(b"x" * 50_000_000)


            def test_modest():
                pass
            """,
    }
    async with open_session(project, limits=Limits(memory_bytes=400 * 1024**2)) as session:
        report = await session.run(["test_a.py"], per_test_s=30, deadline_s=100)
    assert report.results["test_a.py::test_eats"].outcome in {Outcome.ERROR, Outcome.FAILED}
    assert report.results["test_a.py::test_modest"].outcome is Outcome.PASSED


async def test_modules_are_told_relative_to_the_copy(open_session):
    project = {"pkg/__init__.py": "", "pkg/calc.py": "", "test_a.py": "import pkg.calc, json\ndef test(): pass\n"}
    async with open_session(project) as session:
        report = await session.run(["test_a.py"], per_test_s=5, deadline_s=60, modules=True)
    assert report.modules["pkg.calc"] == "pkg/calc.py"
    assert report.modules["json"].startswith("/")


async def test_two_sessions_on_one_copy_share_their_workers(sandbox, make_copy, interpreter):
    copy = make_copy({"test_one.py": "def test_one():\n    pass\n"})
    tests = PytestTests(sandbox)
    async with tests.session(copy, interpreter, 1) as first:
        async with tests.session(copy, interpreter, 2) as second:
            assert second is first
            report = await second.run(["test_one.py"], per_test_s=5, deadline_s=60)
        again = await first.run(["test_one.py"], per_test_s=5, deadline_s=60)
    async with tests.session(copy, interpreter, 1) as third:
        assert third is not first
    assert report.results["test_one.py::test_one"].outcome is again.results["test_one.py::test_one"].outcome


async def test_a_parametrised_test_is_run_by_its_functions_name(open_session):
    project = {
        "test_a.py": """
            import pytest


            @pytest.mark.parametrize("value", ["a::b", "c/d", "[x] y"])
            def test_odd(value):
                pass


            def test_other():
                pass


            class TestAll:
                @pytest.mark.parametrize("value", [1, 2])
                def test_in_class(self, value):
                    pass
            """
    }
    names = ["test_a.py::TestAll::test_in_class", "test_a.py::test_odd"]
    async with open_session(project) as session:
        collected = await session.collect(names)
        report = await session.run(names, per_test_s=2, deadline_s=60)
    odd = [f"test_a.py::test_odd[{value}]" for value in ("a::b", "c/d", "[x] y")]
    assert list(collected.not_run) == [*(f"test_a.py::TestAll::test_in_class[{number}]" for number in (1, 2)), *odd]
    assert {test: each.outcome for test, each in report.results.items()} == dict.fromkeys(
        collected.not_run, Outcome.PASSED
    )

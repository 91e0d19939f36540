"""Suspicious lines, and the order of the tests that a change may affect."""

from pathlib import Path

from tercet_server.context import PythonContext
from tercet_server.ports import Frame, Outcome, TestReport, TestResult

from tests.doubles.folder_copy import FolderCopy


def result(test: str, outcome: Outcome, covered: dict[str, tuple[int, ...]], *frames: Frame) -> TestResult:
    return TestResult(test, outcome, 0.1, covered=covered, frames=frames)


def report(*results: TestResult, errors: tuple[TestResult, ...] = ()) -> TestReport:
    return TestReport(results={each.test: each for each in results}, collection_errors=errors)


def test_a_line_that_only_failing_tests_execute_is_the_most_suspicious():
    suspects = PythonContext().suspects(
        report(
            result("test_a.py::fails", Outcome.FAILED, {"a.py": (1, 2, 5), "test_a.py": (3,)}),
            result("test_a.py::passes", Outcome.PASSED, {"a.py": (1, 2), "test_a.py": (7,)}),
            result("test_a.py::passes_too", Outcome.PASSED, {"a.py": (1,)}),
            result("test_a.py::skipped", Outcome.SKIPPED, {"a.py": (5,)}),
        )
    )
    assert [(each.path, each.line) for each in suspects] == [("a.py", 5), ("a.py", 2), ("a.py", 1)]
    assert suspects[0].score == 1
    assert suspects[1].score == round(1 / 2**0.5, 6)


def test_a_failing_test_that_executed_little_says_more():
    suspects = PythonContext().suspects(
        report(
            result("t.py::small", Outcome.FAILED, {"a.py": (1,)}),
            result("t.py::large", Outcome.FAILED, {"a.py": tuple(range(10, 60))}),
            result("t.py::good", Outcome.PASSED, {"b.py": (1,)}),
        )
    )
    assert (suspects[0].path, suspects[0].line) == ("a.py", 1)
    assert suspects[0].score > suspects[1].score


def test_the_traceback_raises_its_lines_the_innermost_most():
    frames = (Frame("t.py", 1, "test"), Frame("a.py", 3, "outer"), Frame("a.py", 8, "inner"))
    suspects = PythonContext().suspects(
        report(
            result("t.py::fails", Outcome.FAILED, {"a.py": (3, 4, 8, 9)}, *frames),
            result("t.py::passes", Outcome.PASSED, {"a.py": (3, 4, 8, 9)}),
        )
    )
    assert [each.line for each in suspects] == [8, 3, 4, 9]


def test_a_killed_test_without_coverage_still_has_its_stack():
    frames = (Frame("t.py", 1, "test"), Frame("a.py", 6, "spin"))
    suspects = PythonContext().suspects(report(result("t.py::hangs", Outcome.TIMEOUT, {}, *frames)))
    assert [(each.path, each.line) for each in suspects] == [("a.py", 6)]


def test_an_import_that_breaks_points_at_its_line():
    broken = result("t.py", Outcome.ERROR, {}, Frame("t.py", 0, "<module>"), Frame("a.py", 2, "<module>"))
    suspects = PythonContext().suspects(report(errors=(broken,)))
    assert (suspects[0].path, suspects[0].line, suspects[0].score) == ("a.py", 2, 1)


def test_tests_are_suspected_only_if_nothing_else_was_executed():
    only_tests = report(result("t.py::fails", Outcome.FAILED, {"t.py": (4,), "conftest.py": (1,)}))
    assert [each.path for each in PythonContext().suspects(only_tests)] == ["conftest.py", "t.py"]
    assert PythonContext().suspects(report()) == []
    assert len(PythonContext().suspects(report(result("t.py::f", Outcome.FAILED, {"a.py": (1, 2, 3)})), limit=2)) == 2


async def test_tests_are_ordered_by_how_near_the_change_is(tmp_path: Path):
    files = {
        "src/shop/__init__.py": "",
        "src/shop/price.py": "",
        "src/shop/cart.py": "from . import price\n",
        "src/shop/till.py": "import shop.cart\n",
        "tests/conftest.py": "from shop.tax import RATE\n",
        "src/shop/tax.py": "",
        "tests/test_far.py": "import json\n",
        "tests/test_till.py": "from shop.till import pay\n",
        "tests/test_cart.py": "from shop.cart import Cart\n",
        "tests/test_price.py": "def test(): import shop.price\n",
        "tests/test_bad.py": "def test(:\n",
    }
    for path, text in files.items():
        (tmp_path / "w" / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "w" / path).write_text(text)
    copy = FolderCopy(tmp_path / "w", tmp_path / "copy")
    tests = [f"tests/test_{name}.py" for name in ("bad", "far", "till", "cart", "price")]
    context = PythonContext()
    near = await context.affected_tests(copy, ["src/shop/price.py"], tests)
    assert near == [f"tests/test_{name}.py" for name in ("price", "cart", "till", "bad", "far")]
    through_conftest = await context.affected_tests(copy, ["src/shop/tax.py"], [*tests, "gone.py"])
    assert through_conftest[-1] == "gone.py"
    assert sorted(through_conftest) == sorted([*tests, "gone.py"])

"""From explored cases to a file of tests: what is chosen, how it is written, where it stands; then the whole way."""

import ast
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tercet_server.checks import PytestTests
from tercet_server.config import SandboxSettings
from tercet_server.edits import apply_edits
from tercet_server.ports import Behaviour, CallExample, Explored, ExploredCase, ProposerTask, SuspectCall, TestReport
from tercet_server.proposers import CharacteriseProposer
from tercet_server.proposers.characterise import targets
from tercet_server.proposers.characterise.examples import Examples
from tercet_server.proposers.characterise.mutants import mutants_of
from tercet_server.proposers.characterise.selection import chosen, without_places
from tercet_server.proposers.characterise.writing import write
from tercet_server.sandbox import choose
from tercet_shared.edits import Position, Range
from tercet_shared.ids import WorkspaceId
from tercet_shared.proposals import Candidate
from tercet_shared.runs import Intent, PlanStep, Progress, Target
from tercet_shared.workspaces import Interpreter, Trust, Workspace

from tests.doubles.folder_copy import FolderCopy


def case(number: int, call: str, outcome: Behaviour, **given: object) -> ExploredCase:
    name = call.partition("(")[0]
    made = ExploredCase(number, name, (), call, (), {}, "chance", replace(outcome, form=outcome.form or call))
    return replace(made, **given)  # type: ignore[arg-type]  # of known shape in these tests


def gives(source: str, **more: object) -> Behaviour:
    return Behaviour("gives", source=source, **more)  # type: ignore[arg-type]  # of known shape in these tests


def written(*cases: ExploredCase, suspects: Sequence[SuspectCall] = ()) -> str:
    explored = Explored("money", ["double", "Purse", "parse"], cases, suspects)
    text, count = write(explored, cases)
    assert count == len(cases)
    ast.parse(text)
    return text


# -- writing


def test_calls_alike_become_a_table():
    rows = [case(n, f"double({n})", gives(str(2 * n)), arguments=(("price", str(n)),)) for n in (1, 2)]
    text = written(*rows)
    assert "from money import double" in text
    assert '("price", "expected")' in text
    assert "(1, 2)," in text
    assert "def test_double(price, expected):\n    assert double(price) == expected" in text


def test_what_is_always_the_same_is_no_column():
    rows = [case(n, f"double({n})", gives("None"), arguments=(("price", str(n)),)) for n in (1, 2)]
    assert "def test_double(price):\n    assert double(price) is None" in written(*rows)


def test_floats_are_approximate_and_comparisons_keep_their_meaning():
    text = written(
        case(0, "double(0.1)", gives("0.2", approximate=True)),
        case(1, "purse < purse", gives("False"), subject="Purse.__lt__", setup=("purse = Purse()",)),
    )
    assert "assert double(0.1) == pytest.approx(0.2)" in text
    assert "def test_purse_lt():\n    purse = Purse()\n    assert (purse < purse) is False" in text


def test_an_exception_names_its_type_and_message():
    outcome = Behaviour("raises", type="MoneyError", module="money.errors", message="no (debt)")
    text = written(case(0, "parse('x')", outcome))
    assert "from money.errors import MoneyError" in text
    assert "def test_parse_raises_money_error():" in text
    assert "with pytest.raises(MoneyError, match=r\"no \\(debt\\)\"):\n        parse('x')" in text


def test_what_a_method_changes_is_told_after_it():
    outcome = gives("None", checks=(("purse.cents", "5", False),))
    text = written(case(0, "purse.put(5)", outcome, subject="Purse.put", setup=("purse = Purse()",)))
    assert (
        "def test_purse_put_changes_purse():\n    purse = Purse()\n    purse.put(5)\n    assert purse.cents == 5"
        in text
    )


def test_an_object_is_told_by_its_type_and_attributes():
    outcome = Behaviour(
        "is",
        type="Purse",
        imports={"Purse": "money"},
        checks=(("result.cents", "0", False), ("len(result)", "0", False)),
    )
    text = written(case(0, "Purse()", outcome))
    assert "result = Purse()\n    assert isinstance(result, Purse)\n    assert result.cents == 0" in text


def test_what_is_printed_is_read_back():
    text = written(case(0, "double(2)", gives("None", printed="four\n")))
    assert "def test_double_prints(capsys):" in text
    assert "capsys.readouterr().out == 'four\\n'" in text


def test_what_looks_wrong_is_told_and_not_kept():
    suspect = SuspectCall("parse", (), 'parse("""\\d""")', "call site", "IndexError", "list index\nout of range", 4)
    text = written(case(0, "double(2)", gives("4")), suspects=[suspect])
    assert "raises IndexError (list index out of range) in line 5" in (ast.get_docstring(ast.parse(text)) or "")


def test_a_name_that_means_two_things_keeps_the_later_case_out():
    cases = [
        case(0, "double(date)", gives("1"), names={"date": "datetime"}),
        case(1, "double(date)", gives("2"), names={"date": "elsewhere"}),
        case(2, "double(unknown)", gives("2")),
    ]
    text, count = write(Explored("money", ["double"], cases), cases)
    assert count == 1
    assert "from datetime import date" in text


@settings(deadline=None)
@given(st.lists(st.tuples(st.text(max_size=12), st.text(max_size=12)), min_size=1, max_size=5))
def test_whatever_values_there_are_the_file_can_be_read(pairs: list[tuple[str, str]]):
    cases = [
        case(n, f"parse({argument!r})", gives(repr(value)), arguments=(("text", repr(argument)),))
        for n, (argument, value) in enumerate(pairs)
    ]
    raised = case(99, "parse('')", Behaviour("raises", type="ValueError", module="builtins", message=pairs[0][0]))
    ast.parse(write(Explored("money", ["parse"], cases), [*cases, raised])[0])


# -- choosing


def test_what_names_a_folder_of_this_machine_is_no_case_to_keep():
    cases = [
        case(0, "place('a')", gives("'/home/me/shop/a'")),
        case(1, "place('b')", gives("'b'")),
        case(2, "place('c')", Behaviour("raises", type="OSError", module="builtins", message="no /home/me/shop/c")),
    ]
    kept = without_places(Explored("shop", ["place"], cases, ()), ["/home/me"])
    assert [each.number for each in kept.cases] == [1]


def test_few_cases_are_chosen_that_cover_and_kill_together():
    cases = [
        case(0, "double(1)", gives("2"), lines=frozenset({1, 2})),
        case(1, "double(2)", gives("4"), lines=frozenset({1, 2})),
        case(2, "double(3)", gives("6"), lines=frozenset({1, 2})),
        case(3, "double(4)", gives("8"), lines=frozenset({1, 3})),
        case(4, "parse('a')", gives("1")),
        case(5, "double(5)", Behaviour("is")),
    ]
    killed = {0: frozenset({2}), 1: frozenset({3, 2}), 2: frozenset()}
    kept = {each.number for each in chosen(Explored("money", (), cases, (), killed))}
    assert {2, 3, 4} <= kept
    assert not {0, 1} <= kept
    assert 5 not in kept


# -- what is looked at


@pytest.mark.parametrize(
    ("path", "files", "expected"),
    [
        ("money.py", ["money.py"], "test_money.py"),
        ("shop/money.py", ["shop/money.py"], "tests/test_money.py"),
        ("shop/money.py", ["shop/money.py", "tests/test_other.py"], "tests/test_money.py"),
        ("shop/money.py", ["tests/shop/test_other.py", "tests/test_all.py"], "tests/shop/test_money.py"),
        ("shop/money.py", ["tests/test_money.py"], "tests/test_shop_money.py"),
        ("shop/__init__.py", ["shop/__init__.py"], "tests/test_shop.py"),
    ],
)
def test_tests_stand_where_the_project_keeps_them(path: str, files: list[str], expected: str):
    assert targets.test_file(path, files) == expected


def test_a_module_is_imported_from_above_its_packages():
    files = ["src/shop/__init__.py", "src/shop/money.py", "src/shop/in/x.py"]
    assert targets.module_names("src/shop/money.py", files)[0] == "shop.money"
    assert targets.module_names("src/shop/__init__.py", files)[0] == "shop"
    assert targets.module_names("lone.py", files) == ["lone"]


def test_a_range_names_the_innermost_definition():
    text = "class Purse:\n    def put(self):\n        pass\n\n\ndef double():\n    pass\n"
    inside = Range(start=Position(line=2, character=0), end=Position(line=2, character=0))
    assert targets.subjects(text, None, inside) == ["Purse.put"]
    assert targets.subjects(text, "Purse", inside) == ["Purse"]
    assert targets.subjects(text, None, None) == []


def test_examples_come_from_docstrings_and_calls_with_what_they_name():
    text = '''
def double(price, times=2):
    """Doubles.

    >>> amount = 3
    >>> double(amount)
    6
    """
    return price * times
'''
    examples = Examples.of(text, "money")
    examples.take("from decimal import Decimal\nimport money\nmoney.double(Decimal('1'), times=4)\n", "call site")
    examples.take("def f(x):\n    return double(x)\n", "call site")
    assert examples.found == {
        "double": [
            CallExample(["3"], {}, {}, "docstring"),
            CallExample(["Decimal('1')"], {"times": "4"}, {"Decimal": "decimal"}, "call site"),
        ]
    }


def test_mutants_stand_in_the_subjects_and_know_what_reaches_them():
    text = "RATE = 2\n\n\ndef double(price):\n    return price * 2\n\n\ndef other():\n    return 1\n"
    mutants = mutants_of(text, ["double"])
    assert {(first, last) for *_, first, last in mutants} == {(4, 4)}
    assert all(text[start:end] != new for start, end, new, *_ in mutants)


# -- the whole way

SHOP = {
    "shop/__init__.py": "",
    "shop/money.py": '''
"""Money."""


class Purse:
    def __init__(self, cents: int = 0) -> None:
        if cents < 0:
            raise ValueError("a purse holds no debt")
        self.cents = cents

    def put(self, cents: int) -> None:
        self.cents += cents


def grade(points: int) -> str:
    if points >= 90:
        return "A"
    if points >= 50:
        return "B"
    return "C"


def share(cents: int, people: int) -> int:
    return cents // people
''',
}


async def propose(folder: Path, files: dict[str, str], target: Target) -> list[Candidate]:
    for path, text in files.items():
        (folder / "o" / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / "o" / path).write_text(text)
    copy = FolderCopy(folder / "o", folder / "copy")
    interpreter = Interpreter(path=sys.executable, source="tercet")

    async def progress(_: Progress) -> None:
        return None

    async with PytestTests(await choose(SandboxSettings(minimum="none"))).session(copy, interpreter, 1) as session:
        task = ProposerTask(
            workspace=Workspace(id=WorkspaceId("w"), root=str(folder / "o"), name="shop", trust=Trust.TRUSTED),
            copy=copy,
            interpreter=interpreter,
            step=PlanStep(id="1", title="test"),
            baseline=TestReport({}),
            tests=session,
            deadline_s=60.0,
            per_test_s=10.0,
            intent=Intent.TEST,
            target=target,
        )
        return [each async for each in CharacteriseProposer().propose(task, progress)]


async def test_a_module_gets_tests_that_pass_and_a_note_of_what_looks_wrong(tmp_path: Path):
    (candidate,) = await propose(tmp_path, SHOP, Target(path="shop/money.py"))
    text = apply_edits("", candidate.change_set.files[0].edits)
    assert candidate.change_set.paths == ["tests/test_money.py"]
    assert {each.partition("::")[0] for each in candidate.tests} == {"tests/test_money.py"}
    assert "wrong" in candidate.title
    for expected in ("def test_grade(", '"A"', '"B"', '"C"', "no debt", "purse.cents ==", "ZeroDivisionError"):
        assert expected in text
    assert not (tmp_path / "copy/tests").exists() or not list((tmp_path / "copy/tests").glob("*.py"))


async def test_a_symbol_is_found_wherever_it_is_defined(tmp_path: Path):
    (candidate,) = await propose(tmp_path, SHOP, Target(symbol="grade"))
    text = apply_edits("", candidate.change_set.files[0].edits)
    assert "grade" in text
    assert "Purse" not in text


async def test_what_cannot_be_read_or_is_a_test_has_none(tmp_path: Path):
    files = {"broken.py": "def f(:\n", "test_it.py": "def test_it():\n    pass\n"}
    for path in ("broken.py", "test_it.py", "gone.py"):
        assert await propose(tmp_path / path, files, Target(path=path)) == []

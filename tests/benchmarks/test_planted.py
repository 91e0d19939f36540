"""The benchmark of planted faults: what it plants compiles and differs, what it keeps is noticed, what it hides judges."""

import argparse
import ast
import io
import json
import random
import sys
import tarfile
from dataclasses import replace
from pathlib import Path

import pytest

from benchmarks import planted
from benchmarks.planted_faults import Fault, Sites, compiles, same_tree, sites
from benchmarks.planted_libraries import LIBRARIES, Library, sources, unpack
from benchmarks.planted_plants import Plant, Project, judge, make_workspace, plant, planted_text, steady, targets
from benchmarks.planted_search import search
from benchmarks.planted_suite import held_back, hide, run_suite
from benchmarks.quixbugs import make_environment

SHOP = '''\
"""A shop."""


def total(prices, *, rebate=0):
    """The sum of all prices."""
    if not prices or len(prices) > 100:
        return 0
    found = 0
    for price in prices[1:]:
        if price is None:
            continue
        found += price - rebate
    return max(found, prices[0]) if rebate else prices[0] + found


class Till:
    def name(self, größe: int) -> str:
        self.größe = größe
        return f"{größe + 1} ä" + str("ü" if größe < 3 else "big")
'''

LARGEST = "def largest(one, other):\n    if one < other:\n        return other\n    return one\n"
TESTS = """\
import pytest
from shop import largest


class TestLargest:
    def test_second(self):
        assert largest(1, 2) == 2

    @pytest.mark.parametrize("number", [3, 4])
    def test_first(self, number):
        assert largest(number, 1) == number


def test_equal():
    assert largest(1, 1) == 1


def test_negative():
    assert largest(-5, -2) == -2
"""


@pytest.fixture(scope="module")
def python(tmp_path_factory: pytest.TempPathFactory) -> str:
    """With pytest alone: no plugin makes its start slow."""
    return str(make_environment(tmp_path_factory.mktemp("planted") / "python"))


@pytest.fixture
def project(tmp_path: Path, python: str) -> Project:
    root = tmp_path / "project"
    root.mkdir()
    (root / "shop.py").write_text(LARGEST, "utf-8")
    (root / "test_shop.py").write_text(TESTS, "utf-8")
    return Project.of(Library("shop", "1", "", "shop.py", "test_shop.py"), root, python)


def planted_by_hand(project: Project, old: str, new: str, hidden: tuple[str, ...]) -> Plant:
    start = LARGEST.index(old)
    fault = Fault("shop.py", "by_hand", 2, start, start + len(old), new)
    held = {test for test in project.passing if test.partition("[")[0] in hidden}
    failing = {test for test in project.passing if "second" in test or "negative" in test or "first" in test}
    shown = project.passing - held
    return Plant(
        "shop", 0, fault, tuple(sorted(failing)), hidden, tuple(sorted(failing - held)), tuple(sorted(shown - failing))
    )


def test_every_fault_compiles_and_changes_the_meaning_of_one_place():
    faults = [(site, site.fault(SHOP)) for site in sites("shop.py", SHOP)]
    made = [fault for _, fault in faults if fault is not None]
    assert len(made) > 60
    assert len({fault.operator for fault in made}) >= 15
    for fault in made:
        changed = fault.apply(SHOP)
        assert compiles(changed)
        assert not same_tree(changed, SHOP)
        assert changed.startswith(SHOP[: fault.start])
        assert changed.endswith(SHOP[fault.end :])


@pytest.mark.parametrize(
    ("operator", "expected"),
    [
        ("condition_negated", "    if (not (not prices or len(prices) > 100)):\n"),
        ("comparison", "    if not prices or (len(prices) <= 100):\n"),
        ("bound_dropped", "    for price in prices[:]:\n"),
        ("augmented", "        found -= price - rebate\n"),
        ("number", "def total(prices, *, rebate=(1)):\n"),
        ("branches_swapped", '        return f"{größe + 1} ä" + str(("big" if größe < 3 else "ü"))\n'),
        ("statement_deleted", "        pass\n"),
        ("jump", "            break\n"),
    ],
)
def test_a_fault_keeps_the_text_around_it(operator: str, expected: str):
    texts = [
        fault.apply(SHOP) for site in sites("s.py", SHOP) if site.operator == operator and (fault := site.fault(SHOP))
    ]
    assert any(expected.replace('"', "'") in text.replace('"', "'") for text in texts), texts[0]


def test_docstrings_annotations_and_what_is_formatted_are_left_alone():
    changed = [fault for site in sites("shop.py", SHOP) if (fault := site.fault(SHOP))]
    for left in ('"""The sum of all prices."""', ": int", "{größe + 1} ä"):
        start = SHOP.index(left)
        assert not [each for each in changed if start <= each.start and each.end <= start + len(left)], left


def test_the_same_seed_draws_the_same_faults():
    drawn = [Sites.of({"shop.py": SHOP}).draw(random.Random("1")) for _ in range(2)]
    first, second = ([next(each) for _ in range(20)] for each in drawn)
    assert first == second
    assert len(set(first)) > 10
    assert list(Sites.of({"empty.py": "X = 1\n"}).draw(random.Random("1"))) == []


def test_one_failing_function_is_always_shown_and_half_of_the_others_are_hidden():
    failing = ["a.py::test_a[1]", "a.py::test_a[2]", "a.py::test_b", "a.py::test_c"]
    passing = [f"b.py::test_{number}" for number in range(10)]
    hidden = held_back(failing, [*passing, "a.py::test_a[3]"], random.Random(0))
    assert len(hidden & {"a.py::test_a", "a.py::test_b", "a.py::test_c"}) == 1
    assert len(hidden & set(passing)) == 5
    assert not held_back(failing[:2], [], random.Random(0))


def test_hidden_functions_are_gone_from_their_files(tmp_path: Path):
    (tmp_path / "test_shop.py").write_text(TESTS, "utf-8")
    hide(
        tmp_path,
        ["test_shop.py::TestLargest::test_first", "test_shop.py::test_equal", "test_shop.py::TestOther::test_x"],
    )
    text = (tmp_path / "test_shop.py").read_text("utf-8")
    left = [each.name for each in ast.walk(ast.parse(text)) if isinstance(each, ast.FunctionDef)]
    assert left == ["test_negative", "test_second"]
    assert "parametrize" not in text


def test_a_plant_is_kept_if_tests_notice_it_and_the_same_seed_plants_the_same(project: Project):
    assert len(project.passing) == 5
    kept = plant(project, 0, 1, set())
    assert kept is not None
    assert kept == plant(project, 0, 1, set())
    assert kept.fault.path == "shop.py"
    assert 0 < len(kept.failing) <= 2
    assert set(kept.shown_failing) <= set(kept.failing)
    assert targets(kept)


def test_tests_whose_names_or_outcomes_change_do_not_judge():
    first = {"a.py::test_a[x0]": True, "a.py::test_a[y1]": True, "a.py::test_b": True, "a.py::test_c": True}
    second = {"a.py::test_a[x0]": True, "a.py::test_a[x1]": True, "a.py::test_b": True, "a.py::test_c": False}
    assert steady([first, second]) == {"a.py::test_b"}


def test_a_fault_that_no_test_notices_is_not_kept(tmp_path: Path, python: str):
    (tmp_path / "shop.py").write_text("def unused(one):\n    return one + 1\n", "utf-8")
    (tmp_path / "test_shop.py").write_text("def test_nothing():\n    pass\n", "utf-8")
    library = Library("shop", "1", "", "shop.py", "test_shop.py")
    assert plant(Project.of(library, tmp_path, python), 0, 1, set(), draws=2) is None


def test_repairs_are_judged_by_the_tests_that_were_hidden(project: Project, tmp_path: Path):
    hidden = ("test_shop.py::test_negative", "test_shop.py::TestLargest::test_first")
    planted_one = planted_by_hand(project, "one < other", "one > other", hidden)
    broken = planted_text(project, planted_one)
    workspace = make_workspace(project, planted_one, tmp_path / "workspace")
    assert "test_negative" not in (workspace / "test_shop.py").read_text("utf-8")
    assert run_suite(workspace, project.python, ["test_shop.py"]) == {
        "test_shop.py::TestLargest::test_second": False,
        "test_shop.py::test_equal": True,
    }
    identical = judge(project, planted_one, {"shop.py": f"# a comment\n{LARGEST}"})
    assert (identical.plausible, identical.identical, identical.correct) == (True, True, True)
    assert identical.held_failing == 3
    other_way = judge(project, planted_one, {"shop.py": LARGEST.replace("one < other", "not one >= other")})
    assert (other_way.plausible, other_way.identical, other_way.correct) == (True, False, True)
    overfit = judge(project, planted_one, {"shop.py": LARGEST.replace("one < other", "other == 2")})
    assert (overfit.plausible, overfit.correct) == (True, False)
    assert overfit.held_broken == ("test_shop.py::test_negative",)
    assert not judge(project, planted_one, {"shop.py": broken}).plausible
    assert not judge(project, planted_one, {"shop.py": LARGEST, "other.py": "x = 1\n"}).identical


def test_what_hangs_or_cannot_be_imported_is_no_repair(project: Project):
    planted_one = planted_by_hand(project, "one < other", "one > other", ())
    for text in ("def largest(:\n", "import no_such_module\n"):
        verdict = judge(project, planted_one, {"shop.py": text})
        assert (verdict.plausible, verdict.correct) == (False, False)


def test_the_plain_search_takes_the_first_change_that_passes(project: Project):
    planted_one = planted_by_hand(project, "one < other", "one > other", ("test_shop.py::test_negative",))
    found = search(project, planted_one, 1, 120)
    assert found.text is not None
    assert found.tried
    assert judge(project, planted_one, {"shop.py": found.text}).plausible


def test_a_distribution_is_unpacked_without_what_its_build_left(tmp_path: Path):
    archive = tmp_path / "shop-1.tar.gz"
    files = {
        "shop/a.py": "x = 1\n",
        "shop/tests/test_a.py": "",
        "shop.egg-info/PKG-INFO": "",
        "pytest.ini": "[pytest]\nnone=1\n",
    }
    with tarfile.open(archive, "w:gz") as opened:
        for path, text in files.items():
            member = tarfile.TarInfo(f"shop-1/{path}")
            member.size = len(text)
            opened.addfile(member, io.BytesIO(text.encode()))
    root = tmp_path / "unpacked"
    unpack(archive, root)
    assert not (root / "shop.egg-info").exists()
    assert "none" not in (root / "pytest.ini").read_text("utf-8")
    assert sources(Library("shop", "1", "", "shop", "shop/tests"), root) == {"shop/a.py": "x = 1\n"}


def test_libraries_are_pinned_and_take_turns():
    assert all(len(each.sha256) == 64 and each.version for each in LIBRARIES)
    assert [(each.name, number) for each, number in planted.turns(LIBRARIES[:2], 3)] == [
        (LIBRARIES[0].name, 0),
        (LIBRARIES[1].name, 0),
        (LIBRARIES[0].name, 1),
    ]


def outcome(**changes: object) -> planted.Outcome:
    fault = Fault("shop.py", "number", 1, 0, 1, "2")
    made = planted.Outcome(
        "tercet", "shop/0", "number", fault, 2.0, True, "", plausible=True, identical=True, correct=True
    )
    return replace(made, **changes)


def test_the_figures_tell_right_repairs_from_those_that_only_fit(capsys: pytest.CaptureFixture[str]):
    outcomes = [
        outcome(),
        outcome(plant="shop/1", identical=False, held_failing=1),
        outcome(plant="shop/2", identical=False, seconds=4.0),
        outcome(plant="shop/3", identical=False, correct=False, seconds=6.0),
        outcome(plant="shop/4", identical=False, correct=False, plausible=False, proposed=False, seconds=60.0),
        outcome(system="random_search", proposed=False, plausible=False, identical=False, correct=False),
    ]
    options = argparse.Namespace(deadline=60.0, seed=1, quick=False)
    planted.report(outcomes, options).emit(as_json=True)
    report = json.loads(capsys.readouterr().out)
    metrics = report["metrics"]
    wanted = {
        "planted": 5,
        "proposed": 4,
        "plausible": 4,
        "correct": 3,
        "identical": 1,
        "correct_unsure": 1,
        "overfit": 1,
    }
    assert {name: metrics[name] for name in wanted} == wanted
    assert (metrics["overfit_pct"], metrics["seconds_median"], metrics["wrong_reported_done"]) == (25.0, 3.0, 0)
    assert report["peers"]["random_search"]["plausible"] == 0
    assert report["notes"]["correct_by_operator"] == {"number": "3 of 5"}


def test_a_measurement_goes_on_where_it_was_broken_off(tmp_path: Path):
    file = tmp_path / "results.jsonl"
    planted.results_in(file, 1, 60).add(outcome())
    kept = planted.results_in(file, 1, 60)
    assert kept.outcomes["tercet", "shop/0"] == outcome()
    assert [kept.missing(each, ["shop/0"]) for each in ("tercet", "random_search")] == [[], ["shop/0"]]
    assert planted.results_in(file, 2, 60).missing("tercet", ["shop/0"]) == ["shop/0"]
    file.write_text(file.read_text("utf-8")[:40], "utf-8")
    assert planted.results_in(file, 1, 60).missing("tercet", ["shop/0"]) == ["shop/0"]


def test_an_unknown_library_is_refused(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]):
    monkeypatch.setattr(sys, "argv", ["planted", "--libraries", "boltons,no-such"])
    assert planted.main() == 2
    assert "no-such" in capsys.readouterr().err

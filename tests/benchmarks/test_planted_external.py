"""Mutants of an independent tool: found in any library's folder, planted one at a time, and kept if its suite notices."""

import sys
from pathlib import Path

import pytest

from benchmarks import planted_external
from benchmarks.planted_external import CannotPlant, drawn, fault_between, project_at, sources_at
from benchmarks.planted_plants import judge, killed, targets
from tests.benchmarks.test_planted import LARGEST, TESTS

TOOL = """\
import json, sys
text = open("src/shop.py").read()
for old, new in (("one < other", "one <= other"), ("one < other", "one > other"), ("def", "d%ef"), ("    if", "\\t if")):
    print(json.dumps({"path": "src/shop.py", "operator": "tool", "text": text.replace(old, new)}), flush=True)
"""


@pytest.fixture
def library(tmp_path: Path) -> Path:
    root = tmp_path / "shop"
    for path, text in {
        "src/shop.py": LARGEST,
        "tests/test_shop.py": TESTS,
        "setup.py": "raise SystemExit(1)\n",
        "conftest.py": '"""Ours."""\n\nfrom __future__ import annotations\n\nimport shop\n',
    }.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text, "utf-8")
    return root


def test_mutants_that_tests_notice_are_planted_and_judged(
    library: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tool = tmp_path / "tool.py"
    tool.write_text(TOOL, "utf-8")
    monkeypatch.setattr(planted_external, "SCRIPT", tool)
    monkeypatch.setattr(planted_external, "_made", lambda *_: sys.executable)
    project = project_at(library, "", "", sys.executable, tmp_path / "work")
    assert len(project.passing) == 5
    faults = list(drawn(project.root, project.sites.texts, "mutmut", 1, tmp_path / "work"))
    assert [(each.line, each.replacement) for each in faults] == [(2, "="), (2, ">")]
    assert killed(project, 0, faults[0]) is None
    planted = killed(project, 1, faults[1])
    assert planted is not None
    assert targets(planted) == [
        "tests/test_shop.py::TestLargest::test_first",
        "tests/test_shop.py::TestLargest::test_second",
        "tests/test_shop.py::test_negative",
    ]
    assert not judge(project, planted, {}).plausible
    repaired = judge(project, planted, {"src/shop.py": LARGEST})
    assert (repaired.plausible, repaired.identical) == (True, True)


def test_a_tool_that_fails_is_not_one_that_has_no_more_mutants(
    library: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tool = tmp_path / "tool.py"
    tool.write_text("raise SystemExit(3)\n", "utf-8")
    monkeypatch.setattr(planted_external, "SCRIPT", tool)
    monkeypatch.setattr(planted_external, "_made", lambda *_: sys.executable)
    project = project_at(library, "", "", sys.executable, tmp_path / "work")
    with pytest.raises(CannotPlant, match="exit code 3"):
        list(drawn(project.root, project.sites.texts, "mutmut", 1, tmp_path / "work"))


def test_a_library_is_told_from_its_tests_and_tools(library: Path) -> None:
    assert list(sources_at(library, "")) == ["src/shop.py"]
    assert list(sources_at(library, "tests")) == []
    (library / "src/shop.py").rename(library / "shop.py")
    (library / "src").rmdir()
    assert list(sources_at(library, "")) == ["shop.py"]


def test_what_cannot_be_planted_is_said(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(CannotPlant, match="--source"):
        project_at(tmp_path / "empty", "", "", sys.executable, tmp_path / "work")


def test_the_smallest_span_tells_two_texts_apart() -> None:
    fault = fault_between("a.py", "tool", "x = aab\ny = 2\n", "x = aaab\ny = 2\n")
    assert fault.apply("x = aab\ny = 2\n") == "x = aaab\ny = 2\n"
    assert (fault.line, fault.start, fault.end) == (1, 6, 6)

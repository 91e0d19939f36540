"""The localization benchmark asks the product and BM25 about a clone's past, mines such tasks, and learns weights from them."""

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from benchmarks import localization, localization_mining
from benchmarks.localization_learning import Example, accuracy, fit
from benchmarks.localization_tasks import Answer, GoldDefinition, Task, git, is_candidate, score

TASK = Task("t", "o/shop", "0" * 40, "words", ("a.py", "b.py"), (GoldDefinition("a.py", "Cart.total", 7),))
ENVIRONMENT = {
    **os.environ,
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_AUTHOR_NAME": "A",
    "GIT_AUTHOR_EMAIL": "a@example.org",
    "GIT_COMMITTER_NAME": "A",
    "GIT_COMMITTER_EMAIL": "a@example.org",
}


@pytest.fixture
def repos(tmp_path: Path) -> Path:
    """A clone with one commit that makes a task."""
    root = tmp_path / "repos" / "o+shop" / "repo"
    modules = {f"shop/module{number}.py": f"def work{number}(value):\n    return value\n" for number in range(9)}
    modules["shop/cart.py"] = "def total(items):\n    return sum(items)\n"
    _commit(root, "Begin a shop with many modules", modules)
    _commit(root, "Begin docs of it all", {"README.md": "A shop.\n"})
    changed = {"shop/cart.py": "def total(items):\n    return round(sum(items), 2)\n"}
    _commit(root, "Fix the sum of all items that is not rounded\n\nCloses: #12", changed)
    return tmp_path / "repos"


def test_all_gold_files_count_and_tests_do_not():
    found = score(
        TASK,
        Answer(["tests/test_a.py", "b.py", "c.py", "a.py"], [("tests/test_a.py", "total", 7), ("a.py", "total", 99)]),
    )
    assert found.rank == 3
    assert found.definition_all_at_10
    missing = score(TASK, Answer(["b.py"], [("a.py", "other", 90)]))
    assert missing.rank is None
    assert not missing.definition_all_at_10


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("src/app.vue", True),
        ("setup.py", False),
        ("docs/conf.py", False),
        ("src/parser.c", False),
        ("src/parser.y", True),
        ("lib/a.d.ts", False),
        ("README.md", False),
    ],
)
def test_candidates_are_source_files_of_the_product(path: str, expected: bool):
    assert is_candidate(path) is expected


def test_a_commit_becomes_a_task_and_the_product_solves_it(
    repos: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    (record,) = localization_mining.mine(repos / "o+shop" / "repo", "o/shop", 5)
    assert record["query"] == "Fix the sum of all items that is not rounded"
    assert record["gold_files"] == ["shop/cart.py"]
    assert record["gold_defs"] == [{"file": "shop/cart.py", "name": "total", "start": 1}]
    tasks, details = tmp_path / "tasks.jsonl", tmp_path / "details.jsonl"
    tasks.write_text(json.dumps(record) + "\n", "utf-8")
    options = ["--tasks", str(tasks), "--repos", str(repos), "--json", "--quick", "--details", str(details)]
    monkeypatch.setattr(sys, "argv", ["localization", *options])
    assert localization.main() == 0
    report = json.loads(capsys.readouterr().out)
    assert report["metrics"]["tasks"] == 1
    assert report["metrics"]["acc_at_1"] == report["metrics"]["definition_acc_at_10"] == 1.0
    assert report["peers"]["bm25"]["acc_at_5"] == 1.0
    assert {json.loads(line)["system"] for line in details.read_text("utf-8").splitlines()} == {"tercet", "bm25"}


def test_a_missing_clone_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]):
    tasks = tmp_path / "tasks.jsonl"
    tasks.write_text(
        json.dumps({"id": "x", "repo": "o/gone", "parent": "0", "query": "q", "gold_files": ["a.py"]}), "utf-8"
    )
    monkeypatch.setattr(sys, "argv", ["localization", "--tasks", str(tasks), "--repos", str(tmp_path)])
    assert localization.main() == 2
    assert "o/gone" in capsys.readouterr().err


def test_the_signal_that_tells_gets_the_weight():
    generator = np.random.default_rng(1)
    examples = []
    for number in range(30):
        rows = generator.random((20, 2))
        best = int(np.argmax(rows[:, 0]))
        places = [f"f{at}.py" for at in range(20)]
        task = Task(str(number), "o/shop", "0", "", (places[best],), ())
        examples.append(Example(task, rows, places, [best]))
    telling, noise = fit(examples, ("telling", "noise"))
    assert telling > 5 * noise
    assert accuracy(examples, [np.array([1.0, 0.0])] * len(examples))["acc_at_1"] == 1.0


def _commit(root: Path, message: str, files: dict[str, str]) -> None:
    for path, text in files.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text, "utf-8")
    for arguments in (["init", "-q"], ["add", "-A"], ["commit", "-q", "-m", message]):
        subprocess.run(["git", *arguments], cwd=root, env=ENVIRONMENT, check=True)
    assert git(root, "rev-parse", "HEAD").returncode == 0

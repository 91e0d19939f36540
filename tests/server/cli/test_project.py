"""From what a person types to a root and a target."""

from pathlib import Path

import pytest
from tercet_server.cli.project import find_root, resolve
from tercet_shared.errors import InvalidRequest, NotFound, WorkspaceGone


@pytest.fixture
def shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    root = (tmp_path / "shop").resolve()
    for path in ("pyproject.toml", "src/prices.py", "src/stock.py", "tests/test_prices.py", "tests/unit/conftest.py"):
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).touch()
    monkeypatch.chdir(root)
    return root


def check(arguments: list[str], expected: dict[str, object]) -> None:
    _, target = resolve(arguments)
    assert target.model_dump(exclude_defaults=True) == expected


def test_nothing_and_the_root_mean_the_whole_workspace(shop: Path):
    check([], {})
    check(["."], {})


def test_tests_are_files_folders_and_node_ids(shop: Path):
    check(["tests"], {"tests": ["tests"]})
    check(
        ["tests/test_prices.py", "tests/test_prices.py::test_a[x::y]"],
        {"tests": ["tests/test_prices.py", "tests/test_prices.py::test_a[x::y]"]},
    )


def test_paths_count_from_the_current_folder_and_are_sent_from_the_root(shop: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(shop / "tests")
    root, target = resolve(["test_prices.py", "../src/prices.py"])
    assert root == shop
    assert (target.path, target.tests) == ("src/prices.py", ["tests/test_prices.py"])


def test_lines_of_a_source_file(shop: Path):
    def lines(first: int, end: int) -> dict[str, object]:
        return {"start": {"line": first, "character": 0}, "end": {"line": end, "character": 0}}

    check(["src/prices.py:3"], {"path": "src/prices.py", "range": lines(2, 3)})
    check(["src/prices.py:3-7"], {"path": "src/prices.py", "range": lines(2, 7)})


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        (["nowhere.py"], NotFound),
        (["src/prices.py:0"], InvalidRequest),
        (["src/prices.py:5-3"], InvalidRequest),
        (["src/prices.py", "src/stock.py"], InvalidRequest),
        (["src/prices.py", ".."], InvalidRequest),
        (["x" * 300], NotFound),
    ],
)
def test_what_makes_no_sense_is_refused(shop: Path, arguments: list[str], error: type[Exception]):
    with pytest.raises(error):
        resolve(arguments)


def test_a_workspace_can_be_named(shop: Path):
    assert resolve([], shop / "src")[0] == shop / "src"
    with pytest.raises(NotFound):
        resolve([], shop / "nowhere")


def test_a_file_without_a_project_stands_in_its_own_folder(tmp_path: Path):
    (tmp_path / "alone.py").touch()
    assert find_root(tmp_path / "alone.py") == tmp_path.resolve()


def test_a_current_folder_that_is_gone_is_explained(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    gone = tmp_path / "gone"
    gone.mkdir()
    monkeypatch.chdir(gone)
    gone.rmdir()
    with pytest.raises(WorkspaceGone, match="has been removed"):
        resolve([])

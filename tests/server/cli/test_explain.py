"""`tercet explain`, from what was typed to the question that is asked and the answer that is shown."""

import json
from pathlib import Path

import pytest
from tercet_server.cli.explain import take_apart
from tercet_shared.errors import InvalidRequest, NotFound
from tercet_shared.events import EventType
from tercet_shared.runs import Problem, RunState


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for path in ("pyproject.toml", "src/prices.py", "tests/test_prices.py"):
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text("")
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize(
    ("arguments", "path", "symbol", "words"),
    [
        (["Till.pay"], None, "Till.pay", ""),
        (["src/prices.py"], "src/prices.py", None, ""),
        (["src/prices.py", "cheap"], "src/prices.py", "cheap", ""),
        (["src/prices.py:3", "why", "ten?"], "src/prices.py", None, "why ten?"),
        (["tests/test_prices.py::TestCheap::test_ten[1]"], "tests/test_prices.py", "TestCheap.test_ten", ""),
        (["where are prices rounded"], None, None, "where are prices rounded"),
    ],
)
def test_a_place_a_name_and_a_question_are_told_apart(folder, arguments, path, symbol, words):
    asked = take_apart(arguments, None)
    assert (asked.target.path, asked.target.symbol, asked.words) == (path, symbol, words)
    assert asked.root == folder


def test_what_looks_like_a_file_and_is_none_is_not_taken_for_a_question(folder):
    for argument in ("src/gone.py", "gone.py:12", "gone.py::test_it"):
        with pytest.raises(NotFound, match="There is no file"):
            take_apart([argument], None)
    with pytest.raises(InvalidRequest, match="is a folder"):
        take_apart(["src"], None)
    with pytest.raises(InvalidRequest, match="one place at a time"):
        take_apart(["src/prices.py", "tests/test_prices.py"], None)


def test_the_answer_is_shown_and_nothing_need_be_trusted(daemon, models, tercet):
    answered = models.run(RunState.COMPLETED).model_copy(update={"answer": "## `cheap`\n\nA function.", "plan": None})
    daemon.on("POST /workspaces", models.workspace())
    daemon.on("POST /runs", models.run(RunState.QUEUED))
    daemon.on("GET /events", [models.event(1, EventType.RUN_CREATED, {}), models.state_event(2, RunState.COMPLETED)])
    daemon.on(f"GET /runs/{models.run_id}", answered)
    result = tercet("explain", "cheap")
    assert result.exit_code == 0
    assert result.out == "## `cheap`\n\nA function.\n"
    request = daemon.bodies("POST /runs")[0]
    assert (request["intent"], request["target"]["symbol"]) == ("explain", "cheap")

    daemon.on("POST /runs", models.run(RunState.QUEUED))
    problem = Problem(code="not_found", sentence="Nothing called 'cheap' is defined.")
    daemon.on(f"GET /runs/{models.run_id}", models.run(RunState.FAILED).model_copy(update={"problem": problem}))
    result = tercet("explain", "cheap", "--json")
    assert result.exit_code == 2
    assert json.loads(result.out)["run"]["problem"]["code"] == "not_found"

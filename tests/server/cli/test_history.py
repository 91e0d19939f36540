"""The commands about runs that exist: list, show, apply, discard, undo, cancel."""

import json

import pytest
from tercet_shared import errors
from tercet_shared.proposals import ProposalState
from tercet_shared.runs import Intent, Problem, RunState, Target

from tests.doubles.scripted_daemon import ScriptedDaemon


@pytest.fixture
def known(daemon: ScriptedDaemon, models) -> ScriptedDaemon:
    """A daemon that knows one run, with a proposal."""
    daemon.on(f"GET /runs/{models.run_id}", models.run())
    daemon.on("GET /runs", [models.run()])
    daemon.on(f"GET /proposals/{models.proposal_id}", models.proposal())
    return daemon


def test_runs_are_listed_newest_first(known, models, tercet):
    problem = Problem(code="no_tests", sentence="There are no tests.")
    failed = models.run(RunState.FAILED, problem=problem)
    targeted = models.run(RunState.CODING, plan=None, target=Target(tests=["tests/test_a.py"]))
    known.on("GET /runs", [models.run(), failed, targeted])
    rows = tercet("runs").out.splitlines()
    assert rows[0].split() == ["run", "state", "intent", "age", "cost", "about"]
    assert [row.split()[1] for row in rows[1:]] == ["proposed", "failed", "coding"]
    assert rows[1].endswith("One test fails.")
    assert rows[2].endswith("There are no tests.")
    assert rows[3].endswith("tests/test_a.py")
    assert len(json.loads(tercet("runs", "--all", "--json").out)) == 3


def test_what_a_run_cost_is_told_as_far_as_it_is_known(known, models, tercet):
    costs = [(0.0, 0), (0.126, 0), (0.004, 0), (0.0, 1), (1.5, 2)]
    runs = [models.run(cost_usd=known_usd, unpriced_calls=unknown) for known_usd, unknown in costs]
    known.on("GET /runs", runs)
    rows = tercet("runs").out
    for words in ("–", "$0.13", "< $0.01", "1 call of unknown cost", "$1.50 + 2 calls"):
        assert words in " ".join(rows.split()), rows
    listed = json.loads(tercet("runs", "--json").out)
    assert [(each["cost_usd"], each["unpriced_calls"]) for each in listed] == costs
    known.on(f"GET /runs/{models.run_id}", runs[-1])
    assert "$1.50 + 2 calls of unknown cost" in tercet("show", models.run_id).out
    assert json.loads(tercet("show", models.run_id, "--json").out)["run"]["unpriced_calls"] == 2


def test_no_runs_yet(known, tercet):
    known.on("GET /runs", [])
    assert "tercet fix" in tercet("runs").out


def test_show_prints_everything_of_a_run(known, models, tercet):
    out = tercet("show", models.run_id).out
    for part in (models.run_id, "proposed", "One test fails.", "Evidence", "+    return price <= 10", "tercet apply"):
        assert part in out


def test_show_of_a_run_without_a_proposal(known, models, tercet):
    known.on(f"GET /runs/{models.run_id}", models.run(RunState.COMPLETED, answer="All is well."))
    result = tercet("show", models.run_id, "--json")
    assert json.loads(result.out)["proposal"] is None
    assert "All is well." in tercet("show", models.run_id).out


def test_last_is_the_newest_run_of_this_workspace(known, models, tercet):
    assert json.loads(tercet("show", "last", "--json").out)["run"]["id"] == models.run_id
    known.on("GET /runs", [])
    result = tercet("show", "last")
    assert result.exit_code == 2
    assert str(models.root) in result.err


@pytest.mark.parametrize(
    ("command", "state", "says"),
    [
        ("apply", ProposalState.APPLIED, "Applied to src/prices.py"),
        ("undo", ProposalState.UNDONE, "Undone in src/prices.py"),
        ("discard", ProposalState.DISCARDED, "No file was touched"),
    ],
)
def test_a_proposal_is_applied_undone_and_discarded(known, models, tercet, command, state, says):
    known.on(f"POST /proposals/{models.proposal_id}/{command}", models.proposal(state))
    result = tercet(command, models.run_id)
    assert result.exit_code == 0
    assert says in result.out
    assert json.loads(tercet(command, "last", "--json").out)["state"] == state.value


def test_of_a_proposal_the_change_of_one_file_is_discarded(known, models, tercet):
    path = f"POST /proposals/{models.proposal_id}/discard"
    known.on(path, models.proposal(id="p0000000000002"))
    result = tercet("discard", models.run_id, "--file", "./src/other.py")
    assert "Discarded the change of ./src/other.py. No file was touched." in result.out
    assert f"What is left, of src/prices.py, is unverified: see `tercet show {models.run_id}`." in result.out
    assert known.bodies(path)[-1]["parts"] == [{"path": "src/other.py", "edits": None}]
    known.on(path, errors.InvalidRequest("It changes src/prices.py."))
    assert tercet("discard", models.run_id, "--file", "nowhere.py").exit_code == 2


@pytest.mark.parametrize("file", ["/etc/passwd", "../a.py", "", "a\x00.py"])
def test_a_path_that_no_proposal_can_name_is_refused(known, models, tercet, file):
    result = tercet("discard", models.run_id, "--file", file)
    assert result.exit_code == 2
    assert "--file takes a path" in result.err


def test_last_passes_over_reviews_where_something_is_to_be_applied(known, models, tercet):
    review = models.run(RunState.COMPLETED, proposal_id=None, answer="All 3 tests pass.")
    known.on("GET /runs", [review, models.run()])
    known.on(f"POST /proposals/{models.proposal_id}/apply", models.proposal(ProposalState.APPLIED))
    assert tercet("apply", "last").exit_code == 0


def test_last_is_the_newest_unfinished_run_to_cancel_and_the_newest_repair_to_show(known, models, tercet):
    review = models.run(RunState.COMPLETED, id="r0000000000009", intent=Intent.REVIEW)
    coding = models.run(RunState.CODING, id="r0000000000008", intent=Intent.REVIEW)
    known.on("GET /runs", [review, models.run(), coding])
    known.on(f"POST /runs/{coding.id}/cancel", coding.model_copy(update={"state": RunState.CANCELLED}))
    assert json.loads(tercet("cancel", "last", "--json").out)["id"] == coding.id
    assert json.loads(tercet("show", "last", "--json").out)["run"]["id"] == models.run_id
    known.on("GET /runs", [review])
    assert json.loads(tercet("show", "last", "--json").out)["run"]["id"] == review.id


def test_applying_a_run_without_a_proposal_is_a_conflict(known, models, tercet):
    known.on(f"GET /runs/{models.run_id}", models.run(RunState.NO_CANDIDATE))
    result = tercet("apply", models.run_id)
    assert result.exit_code == 4
    assert "is no candidate and has no proposal" in result.err


def test_a_refusal_is_passed_on(known, models, tercet):
    known.on(f"POST /proposals/{models.proposal_id}/undo", errors.UndoConflict("Lines 3-4 were edited since."))
    result = tercet("undo", models.run_id)
    assert (result.exit_code, result.err.strip()) == (4, "Lines 3-4 were edited since.")


def test_cancel_says_how_the_run_stands(known, models, tercet):
    known.on(f"POST /runs/{models.run_id}/cancel", models.run(RunState.CANCELLED))
    assert tercet("cancel", models.run_id).out.strip() == "The run is cancelled."
    assert json.loads(tercet("cancel", models.run_id, "--json").out)["state"] == "cancelled"


def test_the_evidence_is_printed_alone_in_each_format(known, models, tercet):
    document = json.loads(tercet("show", models.run_id, "--evidence", "json").out)
    assert document["format"] == "tercet-evidence/1"
    assert document["evidence"]["checks"][1]["summary"] == "54 tests pass"
    assert json.loads(tercet("show", "last", "--evidence", "sarif").out)["version"] == "2.1.0"
    assert tercet("show", "last", "--evidence", "markdown").out.startswith("### ")


def test_evidence_in_no_format_that_there_is(known, models, tercet):
    assert tercet("show", "last", "--evidence", "pdf").exit_code == 2
    assert "--evidence json" in tercet("show", "last", "--evidence", "markdown", "--json").out


def test_there_is_no_evidence_without_a_proposal(known, models, tercet):
    known.on(f"GET /runs/{models.run_id}", models.run(RunState.COMPLETED, answer="All is well."))
    result = tercet("show", models.run_id, "--evidence", "json")
    assert result.exit_code == 4
    assert "has no proposal" in result.err

"""`tercet fix` and `tercet review`, from the arguments to the exit code, against a scripted daemon."""

import json
import os
import signal
import threading
from collections.abc import Callable

import pytest
from tercet_shared import errors
from tercet_shared.edits import line_range
from tercet_shared.events import EventType
from tercet_shared.findings import FileFindings, Finding, Severity, Source
from tercet_shared.ids import finding_id
from tercet_shared.proposals import ProposalState
from tercet_shared.runs import Problem, RunState
from tercet_shared.workspaces import Trust

from tests.doubles.scripted_daemon import ScriptedDaemon


@pytest.fixture
def ready(daemon: ScriptedDaemon, models) -> ScriptedDaemon:
    """A daemon whose run ends with a proposal."""
    candidate = {"title": "swap", "proposer": "repair", "verdict": {"decision": "reject", "reasons": []}, "checks": {}}
    daemon.on("POST /workspaces", models.workspace())
    daemon.on("POST /runs", models.run(RunState.QUEUED))
    daemon.on(
        "GET /events",
        [
            models.event(1, EventType.RUN_CREATED, {}),
            models.state_event(2, RunState.PLANNING),
            models.event(3, EventType.PLAN_READY, models.plan().model_dump(mode="json")),
            models.event(4, EventType.RUN_PROGRESS, {"message": "Trying mutations", "percent": 40.0}),
            models.event(5, EventType.CANDIDATE_CHECKED, candidate),
            models.state_event(6, RunState.PROPOSED),
        ],
    )
    daemon.on(f"GET /runs/{models.run_id}", models.run())
    daemon.on(f"GET /proposals/{models.proposal_id}", models.proposal())
    return daemon


def test_fix_shows_plan_evidence_and_diff_and_says_how_to_apply(ready, models, tercet):
    result = tercet("fix")
    assert result.exit_code == 0
    assert "One test fails." in result.out
    assert "src/prices.py:1, src/prices.py:2" in result.out
    assert "and 2 more lines" in result.out
    assert "✓ passed" in result.out
    assert "Verified in a private copy, sandbox bubblewrap (namespaces)" in result.out
    assert "Not run: tests/test_slow.py" in result.out
    assert "+    return price <= 10" in result.out
    assert f"tercet apply {models.run_id}" in result.out
    assert "\x1b" not in result.out + result.err


def test_fix_tells_its_progress_on_stderr(ready, tercet):
    lines = tercet("fix").err.splitlines()
    assert lines[1:] == [
        "Planning",
        "Plan: One test fails.",
        "Trying mutations (40 %)",
        "Candidate ✗ rejected  swap  (repair)",
    ]


def test_fix_as_json_is_one_document_and_nothing_else(ready, models, tercet):
    result = tercet("fix", "--json")
    document = json.loads(result.out)
    assert (document["run"]["id"], document["proposal"]["diff"]) == (models.run_id, models.proposal().diff)
    assert result.err == ""


def test_fix_sends_the_target_and_the_wishes(ready, models, tercet):
    tercet("fix", "tests/test_prices.py::test_cheap", "--deadline", "30")
    (body,) = ready.bodies("POST /runs")
    assert body["target"]["tests"] == ["tests/test_prices.py::test_cheap"]
    assert (body["deadline_s"], body["intent"]) == (30.0, "fix")


def test_fix_apply_applies_at_once(ready, models, tercet):
    applied = models.proposal(ProposalState.APPLIED)
    ready.on(f"POST /proposals/{models.proposal_id}/apply", applied)
    ready.on(f"GET /runs/{models.run_id}", models.run(), models.run(RunState.APPLIED))
    result = tercet("fix", "--apply")
    assert result.exit_code == 0
    assert f"Applied. Undo it with tercet undo {models.run_id}." in result.out


def test_what_is_risky_is_not_applied_at_once(ready, models, tercet):
    evidence = models.evidence(risks=["It touches who may do what: src/auth.py."])
    ready.on(f"GET /proposals/{models.proposal_id}", models.proposal(evidence=evidence))
    result = tercet("fix", "--apply")
    assert result.exit_code == 8
    assert "Look closely: It touches who may do what: src/auth.py." in result.out
    assert "Not applied at once: it is risky, so look at it first." in result.err
    assert f"tercet apply {models.run_id}" in result.out
    assert not ready.bodies(f"POST /proposals/{models.proposal_id}/apply")
    assert tercet("fix").exit_code == 0


def test_a_risky_plan_waits_and_says_why(ready, models, tercet):
    plan = models.plan().model_copy(update={"approval": ["It changes tests: tests/test_prices.py."]})
    ready.on("GET /events", [models.state_event(1, RunState.WAITING)])
    ready.on(f"GET /runs/{models.run_id}", models.run(RunState.WAITING, plan=plan))
    result = tercet("fix", "--apply")
    assert result.exit_code == 8
    assert "To be approved: It changes tests: tests/test_prices.py." in result.out
    assert f"tercet approve {models.run_id}" in result.out
    assert tercet("fix").exit_code == 0


def test_where_every_plan_waits_nothing_is_applied_at_once_and_the_exit_says_so(ready, models, tercet):
    ready.on("GET /events", [models.state_event(1, RunState.WAITING)])
    ready.on(f"GET /runs/{models.run_id}", models.run(RunState.WAITING, plan=models.plan()))
    result = tercet("fix", "--apply")
    assert result.exit_code == 8
    assert "the plan waits for you" in result.err
    ready.on(f"GET /runs/{models.run_id}", models.run(RunState.WAITING, plan=models.plan(), plan_first=True))
    assert tercet("fix", "--apply", "--plan").exit_code == 0, "it waits as it was asked to"


def test_an_untrusted_workspace_runs_nothing_and_says_what_to_do(ready, models, tercet):
    ready.on("POST /workspaces", models.workspace(Trust.UNKNOWN))
    result = tercet("fix")
    assert result.exit_code == 3
    assert "tercet trust" in result.err
    assert ready.bodies("POST /runs") == []


def test_trusting_is_one_flag(ready, models, tercet):
    ready.on("POST /workspaces", models.workspace(Trust.UNKNOWN))
    ready.on(f"PUT /workspaces/{models.workspace_id}/trust", models.workspace())
    assert tercet("fix", "--yes").exit_code == 0
    assert ready.bodies(f"PUT /workspaces/{models.workspace_id}/trust") == [{"trusted": True}]


def test_problems_of_the_configuration_are_told(ready, models, tercet):
    ready.on("POST /workspaces", models.workspace(problems=["tercet.toml:3: there is no setting run.speed."]))
    assert "Note: tercet.toml:3" in tercet("fix").err


@pytest.mark.parametrize(
    ("state", "problem", "exit_code"),
    [
        (RunState.NO_CANDIDATE, Problem(code="no_candidate", sentence="Nothing found."), 1),
        (RunState.FAILED, Problem(code="no_tests", sentence="There are no tests."), 6),
        (RunState.FAILED, Problem(code="nothing_failing", sentence="No test fails."), 0),
        (RunState.FAILED, None, 1),
        (RunState.CANCELLED, None, 130),
        (RunState.SUPERSEDED, None, 4),
    ],
)
def test_the_end_of_the_run_is_the_exit_code(ready, models, tercet, state, problem, exit_code):
    ready.on("GET /events", [models.state_event(1, state)])
    ready.on(f"GET /runs/{models.run_id}", models.run(state, problem=problem))
    result = tercet("fix")
    assert result.exit_code == exit_code
    assert (problem.sentence if problem else f"The run is {state.value}") in result.out


def test_an_unverified_proposal_says_so(ready, models, tercet):
    evidence = models.evidence(verified=False, unverified_reason="the tests imported the original")
    ready.on(f"GET /proposals/{models.proposal_id}", models.proposal(evidence=evidence))
    assert "Unverified: the tests imported the original" in tercet("fix").out


def test_what_a_workspace_prints_cannot_drive_the_terminal(ready, models, tercet):
    ready.on(
        f"GET /proposals/{models.proposal_id}", models.proposal(diff="+\x1b[2Jgone", title="\x07beep [red]x[/red]")
    )
    out = tercet("fix").out
    assert "\x1b" not in out
    assert "\x07" not in out
    assert "[red]x[/red]" in out


def test_a_broken_stream_is_taken_up_where_it_broke(ready, models, tercet):
    ready.on("GET /events", [models.state_event(1, RunState.PLANNING)], [models.state_event(2, RunState.PROPOSED)])
    result = tercet("fix")
    assert result.exit_code == 0
    assert "Planning" in result.err


def press_ctrl_c(when: Callable[[], bool]) -> None:
    """Sends SIGINT to this process as soon as `when` holds."""
    waiting = threading.Event()

    def wait() -> None:
        while not when():
            waiting.wait(0.01)
        os.kill(os.getpid(), signal.SIGINT)

    threading.Thread(target=wait, daemon=True).start()


def test_ctrl_c_cancels_the_run_and_waits_for_its_end(ready, models, tercet):
    cancelled = models.state_event(2, RunState.CANCELLED)
    ready.on("GET /events", [models.state_event(1, RunState.CODING)], [cancelled])
    ready.on(f"POST /runs/{models.run_id}/cancel", models.run(RunState.CANCELLED))
    ready.on(f"GET /runs/{models.run_id}", models.run(RunState.CANCELLED))
    press_ctrl_c(lambda: bool(ready.bodies("GET /events")))
    result = tercet("fix")
    assert result.exit_code == 130
    assert ready.bodies(f"POST /runs/{models.run_id}/cancel") == [None]


def test_a_second_ctrl_c_stops_waiting_and_says_how_to_look_after_the_run(ready, models, tercet):
    ready.on("GET /events", [models.state_event(1, RunState.CODING), None])
    ready.on(f"POST /runs/{models.run_id}/cancel", models.run(RunState.CODING))
    press_ctrl_c(lambda: bool(ready.bodies("GET /events")))
    press_ctrl_c(lambda: bool(ready.bodies(f"POST /runs/{models.run_id}/cancel")))
    result = tercet("fix")
    assert result.exit_code == 130
    assert "Press Ctrl-C again" in result.err
    assert f"tercet show {models.run_id}" in result.err


def test_an_error_of_the_daemon_is_a_sentence_or_a_problem(ready, tercet):
    ready.on("POST /runs", errors.Unsupported("Only Python is supported."))
    assert tercet("fix").err.strip() == "Only Python is supported."
    result = tercet("fix", "--json")
    assert result.exit_code == 2
    assert json.loads(result.out)["code"] == "unsupported"


def test_review_lists_findings_and_exits_with_1_if_one_is_an_error(ready, models, tercet):
    finding = Finding(
        id=finding_id("x"),
        path="src/prices.py",
        range=line_range(4, 2),
        rule="F821",
        severity=Severity.ERROR,
        message="Undefined name `x`\nmore",
        source=Source.LINT,
        tool="ruff",
        text_sha256="0" * 64,
    )
    hint = finding.model_copy(update={"source": Source.SUSPECT, "severity": Severity.HINT, "rule": "suspect"})
    findings = [FileFindings(path="src/prices.py", revision=1, findings=[finding, hint])]
    ready.on(f"GET /workspaces/{models.workspace_id}/findings", findings)
    ready.on("GET /events", [models.state_event(1, RunState.COMPLETED)])
    done = models.run(RunState.COMPLETED, answer="1 test fails.", plan=None)
    ready.on(f"GET /runs/{models.run_id}", done)
    result = tercet("review")
    assert result.exit_code == 1
    assert result.out.splitlines() == ["src/prices.py:5:3: error [F821] Undefined name `x`", "1 test fails."]
    assert json.loads(tercet("review", "--json").out)["files"][0]["path"] == "src/prices.py"
    asked = tercet("review", "tests/test_prices.py::test_a", "--json")
    assert (asked.exit_code, json.loads(asked.out)["files"]) == (0, [])  # what is known of others is not its answer
    about = finding.model_copy(update={"source": Source.TESTS, "test": "tests/test_prices.py::test_a[1]"})
    findings[0] = FileFindings(path="src/prices.py", revision=2, findings=[finding, about])
    asked = tercet("review", "tests/test_prices.py::test_a", "--json")
    (file,) = json.loads(asked.out)["files"]
    assert (asked.exit_code, [each["source"] for each in file["findings"]]) == (1, ["tests"])

"""The mirror shows what the daemon last said, and a run seen through its events ends where the stored run is."""

from datetime import UTC, datetime, timedelta

import pytest
from tercet_lsp.session.mirror import Mirror
from tercet_lsp.session.runs import RESTING, RunView, after, created, view_of
from tercet_shared.edits import line_range
from tercet_shared.events import Event, EventType
from tercet_shared.findings import FileFindings, Finding, Severity, Source
from tercet_shared.ids import FindingId, RunId, WorkspaceId
from tercet_shared.runs import RESTING_STATES, Intent, Problem, Progress, Run, RunState, Target

W = WorkspaceId("w1")
START = datetime(2030, 1, 1, tzinfo=UTC)


def event(n: int, kind: EventType, **data: object) -> Event:
    return Event(seq=n, run_id=RunId("r1"), workspace_id=W, n=n, type=kind, at=START + timedelta(seconds=n), data=data)


def finding(path: str, name: str = "f1") -> Finding:
    return Finding(
        id=FindingId(name), path=path, range=line_range(0), rule="R", severity=Severity.ERROR, message="m",
        source=Source.LINT, tool="ruff", text_sha256="0" * 64,
    )  # fmt: skip


def test_resting_states_are_the_daemon_s():
    assert {state.value for state in RESTING_STATES} == RESTING


def test_a_run_follows_its_events():
    run = created(event(1, EventType.RUN_CREATED, intent="fix", target={"tests": ["t.py::x"]}, client_id="e1"))
    assert (run.state, run.target, run.client_id, run.is_active) == ("queued", "t.py::x", "e1", True)
    run = after(run, event(2, EventType.RUN_STATE, state="coding", problem=None, answer=None))
    run = after(run, event(3, EventType.RUN_PROGRESS, message="trying", percent=40.0))
    assert (run.state, run.message, run.percent) == ("coding", "trying", 40.0)
    run = after(run, event(4, EventType.PLAN_READY, summary="s", steps=[]))
    run = after(run, event(5, EventType.PROPOSAL_OFFERED, proposal_id="p1", title="t", paths=[]))
    run = after(run, event(6, EventType.RUN_STATE, state="proposed", problem=None, answer=None))
    assert (run.proposal_id, run.is_active) == ("p1", False)


def test_an_event_that_is_known_already_changes_nothing():
    """A snapshot taken after the stream opened is newer than the first events that the stream then brings."""
    run = created(event(1, EventType.RUN_CREATED, intent="fix", target={}))
    run = after(run, event(9, EventType.RUN_STATE, state="proposed"))
    assert after(run, event(5, EventType.RUN_STATE, state="coding")) == run


@pytest.mark.parametrize(
    ("target", "words"),
    [
        ({}, ""),
        ({"path": "a.py"}, "a.py"),
        ({"tests": ["t::a"]}, "t::a"),
        ({"tests": ["t::a", "t::b"], "path": "a.py"}, "2 tests"),
    ],
)
def test_a_run_s_target_in_words(target: dict[str, object], words: str):
    assert created(event(1, EventType.RUN_CREATED, intent="fix", target=target)).target == words


def test_a_stored_run_is_seen_as_it_stands():
    run = Run(
        id=RunId("r1"), workspace_id=W, intent=Intent.FIX, target=Target(), instructions="", client_id=None,
        state=RunState.FAILED, progress=Progress(message="m", percent=3), plan=None, proposal_id=None, answer=None,
        problem=Problem(code="no_tests", sentence="There are no tests."), created_at=START, updated_at=START,
        deadline_at=START, heartbeat_at=None,
    )  # fmt: skip
    view = view_of(run)
    assert (view.state, view.message, view.percent, view.sentence) == ("failed", "m", 3, "There are no tests.")


def test_findings_come_and_go_and_listeners_hear_which_files():
    mirror = Mirror()
    heard: list[set[str]] = []
    mirror.on_paths.append(lambda _, paths: heard.append(set(paths)))
    mirror.replace_findings(W, [FileFindings(path="a.py", revision=1, findings=[finding("a.py")])])
    first = mirror.revision(W, "a.py")
    mirror.put_findings(W, "b.py", [FileFindings(path="b.py", revision=1, findings=[finding("b.py", "f2")])])
    assert mirror.paths(W) == {"a.py", "b.py"}
    assert mirror.finding("f2") == (W, finding("b.py", "f2"))
    mirror.put_findings(W, "a.py", [])
    assert mirror.findings(W, "a.py") == []
    assert mirror.finding("f1") is None
    assert mirror.revision(W, "a.py") != first
    mirror.replace_findings(W, [])
    assert heard == [{"a.py"}, {"b.py"}, {"a.py"}, {"b.py"}]
    mirror.forget(W)
    assert mirror.paths(W) == set()


def test_runs_are_told_with_what_they_were_before_and_old_ones_are_dropped():
    mirror = Mirror()
    heard: list[tuple[str | None, str]] = []
    mirror.on_run.append(lambda before, run: heard.append((before.state if before else None, run.state)))
    run = created(event(1, EventType.RUN_CREATED, intent="fix", target={}))
    mirror.put_run(run)
    mirror.put_run(run)
    mirror.put_run(after(run, event(2, EventType.RUN_STATE, state="failed")))
    assert heard == [(None, "queued"), ("queued", "failed")]
    for number in range(300):
        mirror.put_run(RunView(RunId(f"x{number}"), W, "fix", "", None, "failed", START))
    assert len(mirror.runs()) == 200
    assert mirror.run(RunId("x299")) is not None
    assert mirror.run(RunId("r1")) is None

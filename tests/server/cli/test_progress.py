"""What a person sees while a run works: live on a terminal, as lines elsewhere."""

import io
from datetime import timedelta

import pytest
from rich.console import Console
from tercet_server.cli.progress import LiveWatch, PlainWatch, SilentWatch, watch_for
from tercet_server.cli.render import age
from tercet_server.cli.terminal import Terminal
from tercet_shared.events import EventType
from tercet_shared.runs import RunState


def console(terminal: bool, width: int = 80) -> Console:
    return Console(file=io.StringIO(), force_terminal=terminal, width=width, color_system=None)


def watched(models, a_console: Console) -> str:
    verdict = {"decision": "accept", "reasons": []}
    with watch_for(Terminal(False, a_console, a_console)) as watch:
        watch.show(models.state_event(1, RunState.PLANNING))
        watch.show(models.state_event(2, RunState.PLANNING))
        watch.show(models.event(3, EventType.PLAN_READY, models.plan().model_dump(mode="json")))
        for n in range(8):
            data = {"title": f"change {n}", "proposer": "repair", "verdict": verdict, "checks": {}}
            watch.show(models.event(4 + n, EventType.CANDIDATE_CHECKED, data))
        watch.show(models.event(12, EventType.RUN_PROGRESS, {"message": "Proving", "percent": None}))
        watch.show(models.event(13, EventType.PROPOSAL_OFFERED, {}))
        watch.say("Cancelling.")
        if isinstance(watch, LiveWatch):
            watch._live.refresh()
    return a_console.file.getvalue()  # type: ignore[attr-defined]  # the StringIO from above


@pytest.mark.parametrize("width", [24, 80])
def test_a_terminal_shows_the_plan_and_the_latest_candidates(models, width: int):
    shown = watched(models, console(True, width))
    assert "Candidates checked: 8" in shown
    assert "Cancelling." in shown


def test_elsewhere_nothing_is_said_twice(models):
    lines = watched(models, console(False)).splitlines()
    assert lines[:2] == ["Planning", "Plan: One test fails."]
    assert lines[-2:] == ["Proving", "Cancelling."]


def test_each_kind_of_output_has_its_watch():
    plain, live = console(False), console(True)
    assert isinstance(watch_for(Terminal(True, plain, plain)), SilentWatch)
    assert isinstance(watch_for(Terminal(False, plain, plain)), PlainWatch)
    assert isinstance(watch_for(Terminal(False, plain, live)), LiveWatch)


def test_a_log_is_not_filled_by_counting(models):
    a_console = console(False)
    watch = PlainWatch(a_console)
    for n in range(100):
        event = models.event(1 + n, EventType.RUN_PROGRESS, {"message": f"Tried {n} of 1,000 edits", "percent": n})
        watch.show(event.model_copy(update={"at": event.at + timedelta(seconds=n / 10)}))
    assert a_console.file.getvalue().splitlines() == ["Tried 0 of 1,000 edits (0 %)", "Tried 50 of 1,000 edits (50 %)"]


@pytest.mark.parametrize(
    ("seconds", "shown"), [(-3, "0 s"), (59, "59 s"), (60, "1 min"), (7_200, "2 h"), (90_000, "1 d")]
)
def test_ages_are_short(seconds: float, shown: str):
    assert age(seconds) == shown

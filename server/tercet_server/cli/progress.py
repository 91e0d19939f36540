"""Shows a run while it works: a live display on a terminal, plain lines elsewhere, nothing in JSON mode.

Understands events, starts and stops nothing. Always on stderr, so that stdout holds the result alone.
"""

import re
from collections import deque
from datetime import datetime, timedelta
from types import TracebackType
from typing import Protocol, Self

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.spinner import Spinner
from rich.text import Text
from tercet_shared.events import Event, EventType
from tercet_shared.proposals import Decision
from tercet_shared.runs import Plan, Progress, RunState

from tercet_server.cli import render
from tercet_server.cli.terminal import Terminal, printable

CANDIDATES_SHOWN = 5
COUNTING = timedelta(seconds=5)

_VERBS = {
    RunState.QUEUED: "Waiting for its turn",
    RunState.PLANNING: "Planning",
    RunState.CODING: "Working out a change",
    RunState.CHECKING: "Proving",
    RunState.WAITING: "Waiting for your approval",
    RunState.APPLYING: "Applying",
}

_DECISIONS = {
    Decision.ACCEPT.value: ("✓ accepted", "green"),
    Decision.REVISE.value: ("~ revise", "yellow"),
    Decision.REJECT.value: ("✗ rejected", "red"),
}


class Watch(Protocol):
    """Something that shows a run's events as they come."""

    def __enter__(self) -> Self: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...

    def show(self, event: Event) -> None: ...

    def say(self, sentence: str) -> None:
        """A sentence beside the events, such as what Ctrl-C will do."""
        ...


def watch_for(terminal: Terminal) -> Watch:
    if terminal.as_json:
        return SilentWatch()
    return LiveWatch(terminal.err) if terminal.err.is_terminal else PlainWatch(terminal.err)


class SilentWatch:
    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        pass

    def show(self, event: Event) -> None:
        pass

    def say(self, sentence: str) -> None:
        pass


class PlainWatch(SilentWatch):
    """One line for each thing worth a line in a log; of lines that differ in their figures alone, one in `COUNTING`."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._last_kind = ""
        self._last_at: datetime | None = None

    def show(self, event: Event) -> None:
        line = line_of(event)
        kind = re.sub(r"\d[\d,.]*", "", line)
        counts_on = kind == self._last_kind and self._last_at is not None and event.at - self._last_at < COUNTING
        if line and not counts_on:
            self._last_kind, self._last_at = kind, event.at
            self.say(line)

    def say(self, sentence: str) -> None:
        self._console.print(printable(sentence), markup=False, highlight=False, soft_wrap=True)


class LiveWatch:
    """What it does now, with the plan and the latest candidates below; gone once the run rests."""

    def __init__(self, console: Console) -> None:
        self._spinner = Spinner("dots", Text("Starting"))
        self._plan: Plan | None = None
        self._candidates: deque[Text] = deque(maxlen=CANDIDATES_SHOWN)
        self._checked = 0
        self._live = Live(console=console, get_renderable=self._render, refresh_per_second=10, transient=True)

    def __enter__(self) -> Self:
        self._live.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._live.stop()

    def show(self, event: Event) -> None:
        if event.type is EventType.PLAN_READY:
            self._plan = Plan.model_validate(event.data)
        elif event.type is EventType.CANDIDATE_CHECKED:
            self._checked += 1
            self._candidates.append(_candidate(event))
        elif event.type in {EventType.RUN_STATE, EventType.RUN_PROGRESS}:
            self._spinner.update(text=Text(line_of(event)))

    def say(self, sentence: str) -> None:
        self._live.console.print(printable(sentence), markup=False, highlight=False)

    def _render(self) -> RenderableType:
        parts: list[RenderableType] = [self._spinner]
        if self._plan is not None:
            parts.append(render.plan(self._plan))
        if self._checked:
            parts.append(render.heading(f"Candidates checked: {self._checked}"))
            parts += self._candidates
        return Group(*parts)


def line_of(event: Event) -> str:
    """The event in one line; empty if it says nothing to a person."""
    if event.type is EventType.RUN_STATE:
        return _VERBS.get(RunState(event.data["state"]), "")
    if event.type is EventType.RUN_PROGRESS:
        progress = Progress.model_validate(event.data)
        percent = "" if progress.percent is None else f" ({progress.percent:.0f} %)"
        return printable(progress.message) + percent
    if event.type is EventType.PLAN_READY:
        return f"Plan: {printable(Plan.model_validate(event.data).summary)}"
    if event.type is EventType.CANDIDATE_CHECKED:
        return f"Candidate {_candidate(event).plain.strip()}"
    return ""


def _candidate(event: Event) -> Text:
    label, style = _DECISIONS.get(str(event.data["verdict"]["decision"]), ("?", ""))
    shown = Text("  ").append(label, style=style)
    return shown.append(f"  {printable(str(event.data['title']))}").append(f"  ({event.data['proposer']})", style="dim")

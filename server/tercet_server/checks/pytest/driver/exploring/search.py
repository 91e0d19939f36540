"""Looks for calls that go new ways through a module: from examples, then by chance, then by changing what went a new way.

Feedback-directed random testing (Pacheco, Lahiri, Ernst, Ball, "Feedback-directed random test generation", ICSE 2007),
with the ways between lines as the feedback.
"""

from __future__ import annotations

import ast
import random
import sys
import time
from collections.abc import Iterator
from typing import Any, Dict, Set, Tuple  # Python 3.8 has no dict[...] outside annotations

from .cases import Case, Runner
from .parameters import Instances
from .subjects import Subject

Ways = Set[Tuple[int, int]]  # evaluated at run time, also by Python 3.8
Given = Dict[str, str]  # evaluated at run time, also by Python 3.8

MOST_ATTEMPTS = 1500
WITHOUT_NEWS = 250
"""Attempts in a row that went no new way, after which a subject is left."""

MOST_ALIKE = 14
"""Cases of one subject that go no new way but give something else: they tell mutants apart."""

MOST_NOTES = 4

_BY_MISTAKE = frozenset({
    "TypeError", "AttributeError", "IndexError", "KeyError", "ZeroDivisionError", "UnboundLocalError", "NameError",
    "RecursionError", "OverflowError", "AssertionError", "SyntaxError", "UnicodeEncodeError", "UnicodeDecodeError",
})  # fmt: skip
"""What code raises that does not expect its input, unless a statement says so."""

_ALWAYS_TOLD = frozenset({"IndexError", "ZeroDivisionError", "UnboundLocalError", "NameError", "RecursionError"})
"""Looks wrong even where nothing says that the input was meant to be taken."""

_OF_EXTREMES = frozenset({"KeyError", "OverflowError", "UnicodeEncodeError", "UnicodeDecodeError", "SyntaxError"})
"""Rather says that the input was far-fetched, if it was made up."""


class Tracer:
    """The lines and ways of one file that a call takes."""

    def __init__(self, path: str) -> None:
        self._path = path
        self.ways: Ways = set()

    def __enter__(self) -> Tracer:
        self.ways = set()
        sys.settrace(self._on_call)
        return self

    def __exit__(self, *raised: object) -> None:
        sys.settrace(None)

    def _on_call(self, frame: Any, event: str, argument: Any) -> Any:
        if frame.f_code.co_filename != self._path:
            return None
        add = self.ways.add
        last = -frame.f_code.co_firstlineno

        def on_line(frame: Any, event: str, argument: Any) -> Any:
            nonlocal last
            if event == "line":
                add((last, frame.f_lineno))
                last = frame.f_lineno
            return on_line

        return on_line

    def lines(self) -> list[int]:
        """From zero."""
        return sorted({line - 1 for _, line in self.ways})


class Search:
    """Cases as they are found: each with its outcome and lines; and notes about what looks like a mistake."""

    def __init__(self, runner: Runner, path: str, text: str, examples: dict[str, list[dict[str, Any]]]) -> None:
        self._runner = runner
        self._tracer = Tracer(path)
        self._deliberate = _raising_lines(text)
        self._examples = examples
        self._random = random.Random(2007)  # noqa: S311  # for tests, not for secrets
        self._instances = Instances()
        self._ways: Ways = set()
        self.notes: list[dict[str, Any]] = []

    @property
    def instances(self) -> Instances:
        return self._instances

    def cases(self, subject: Subject, ends_at: float) -> Iterator[dict[str, Any]]:
        """Until `ends_at` (a time of the monotonic clock), or as long as there is news."""
        parents: list[tuple[Given, dict[str, str]]] = []
        seen: set[str] = set()
        given_before: set[str] = set()
        alike = idle = 0
        for given, names, origin in self._attempts(subject, parents):
            if time.monotonic() >= ends_at or idle > WITHOUT_NEWS:
                return
            receiver = self._receiver(subject)
            if receiver is None:
                return
            case = subject.case(given, receiver, names, origin)
            key = case.call + "\n".join(case.setup)
            idle += 1
            if key in seen or len(key) > 300:
                continue
            seen.add(key)
            outcome = self._tried(subject, case)
            if outcome is None:
                continue
            new = self._tracer.ways - self._ways
            told = (outcome.get("source") or outcome.get("type") or "") + str(outcome.get("checks", ""))
            if not new and (told in given_before or alike >= MOST_ALIKE) and origin == "chance":
                continue
            if not self._is_steady(case, outcome):
                continue
            idle = 0 if new else idle
            alike += not new
            self._ways |= new
            given_before.add(told)
            parents += [(given, names)] if new or len(parents) < 4 else []
            yield self._kept(subject, case, outcome)

    # -- what is called

    def _attempts(
        self, subject: Subject, parents: list[tuple[Given, dict[str, str]]]
    ) -> Iterator[tuple[Given, dict[str, str], str]]:
        for example in self._examples.get(subject.name, []) + self._examples.get(
            "." + subject.name.rpartition(".")[2], []
        ):
            given = _given_of(subject, example)
            if given is not None:
                yield given, example.get("names", {}), str(example["origin"])
        if not any(each.special or each.weights for each in subject.parameters):
            yield {}, {}, "chance"
            if subject.owner is None:
                return
        for _ in range(MOST_ATTEMPTS if subject.parameters else 6):
            if parents and self._random.random() < 0.6:
                parent, names = self._random.choice(parents)
                yield self._changed(subject, parent), names, "chance"
            else:
                yield self._drawn(subject), {}, "chance"

    def _drawn(self, subject: Subject) -> Given:
        given: Given = {}
        self._kinds: dict[str, str] = {}
        for each in subject.parameters:
            optional = each.has_default or each.kind in (each.kind.VAR_POSITIONAL, each.kind.VAR_KEYWORD)
            if (optional and self._random.random() < 0.5) or each.kind is each.kind.VAR_KEYWORD:
                continue
            if each.kind is each.kind.VAR_POSITIONAL:
                count = self._random.choice((1, 2, 2, 3))
                given[each.name] = ", ".join(
                    each.choose(self._random)[1] for _ in range(count) if each.weights or each.special
                )
            elif each.weights or each.special:
                self._kinds[each.name], given[each.name] = each.choose(self._random)
        return {name: expression for name, expression in given.items() if expression}

    def _changed(self, subject: Subject, parent: Given) -> Given:
        fresh = self._drawn(subject)
        names = [each.name for each in subject.parameters if each.name in fresh or each.name in parent]
        if not names:
            return parent
        name = self._random.choice(names)
        self._kinds = {key: kind for key, kind in self._kinds.items() if key == name}
        changed = dict(parent)
        near = _perturbed(parent.get(name, ""), self._random) if self._random.random() < 0.5 else ""
        if near:
            changed[name] = near
        elif name in fresh:
            changed[name] = fresh[name]
        elif self._is_optional(subject, name):
            changed.pop(name, None)
        return changed

    def _is_optional(self, subject: Subject, name: str) -> bool:
        return any(each.name == name and each.has_default for each in subject.parameters)

    def _receiver(self, subject: Subject) -> str | None:
        """An instance for a method; None if none could be made."""
        if subject.owner is None:
            return ""
        known = self._instances.of(subject.owner)
        return self._random.choice(known) if known else None

    # -- what came of it

    def _tried(self, subject: Subject, case: Case) -> dict[str, Any] | None:
        """None for what is no case: it did not end, reached out, or was called with what it was never meant for."""
        with self._tracer:
            outcome = self._runner.outcome(case)
        kind = outcome["kind"]
        mistaken = kind == "raises" and self._is_mistake(outcome)
        if case.origin == "chance":
            for each in subject.parameters:
                each.learn(getattr(self, "_kinds", {}).get(each.name, ""), kind != "unset" and not mistaken)
        if kind in ("late", "reached", "unset") or (kind == "raises" and outcome["type"] == "MemoryError"):
            return None
        if mistaken:
            self._note(subject, case, outcome)
            return None
        return outcome

    def _is_mistake(self, outcome: dict[str, Any]) -> bool:
        return outcome["type"] in _BY_MISTAKE and outcome["line"] not in self._deliberate

    def _note(self, subject: Subject, case: Case, outcome: dict[str, Any]) -> None:
        plausible = case.origin != "chance" or outcome["type"] in _ALWAYS_TOLD
        sure = bool(subject.parameters) and all(each.sure for each in subject.parameters)
        plausible = plausible or (sure and outcome["type"] not in _OF_EXTREMES)
        about = [note for note in self.notes if note["subject"] == subject.name]
        known = any(note["type"] == outcome["type"] and note["line"] == outcome["line"] for note in about)
        if plausible and not known and outcome["line"] >= 0 and len(about) < MOST_NOTES:
            self.notes.append(
                {**outcome, "subject": subject.name, "setup": case.setup, "call": case.call, "origin": case.origin}
            )

    def _is_steady(self, case: Case, outcome: dict[str, Any]) -> bool:
        """Whether it comes out the same a second time."""
        return self._runner.outcome(case) == outcome

    def _kept(self, subject: Subject, case: Case, outcome: dict[str, Any]) -> dict[str, Any]:
        """The case, with its arguments as variables where the call changes them."""
        lines = self._tracer.lines()
        case, outcome = self._watching(subject, case, outcome)
        if outcome["kind"] == "is" and outcome["type"] and not case.setup:
            kind = self._runner.scope.fresh({**case.names, **outcome["imports"]}).get(outcome["type"])
            if isinstance(kind, type):
                self._instances.add(kind, case.call)
        elif outcome["kind"] == "gives" and subject.owner is None and not case.setup:
            self._remember(case)
        return {**case.as_json(), "outcome": outcome, "lines": lines}

    def _remember(self, case: Case) -> None:
        """What a constructor gives is an instance, also one that can be written down."""
        value = self._runner.scope.fresh(case.names).get(case.subject)
        if isinstance(value, type):
            self._instances.add(value, case.call)

    def _watching(self, subject: Subject, case: Case, outcome: dict[str, Any]) -> tuple[Case, dict[str, Any]]:
        changeable = [pair for pair in case.arguments if pair[0].isidentifier() and pair[1][:1] in ("[", "{")]
        if case.setup or not changeable or outcome["kind"] == "raises":
            return case, outcome
        call = case.call
        for name, expression in changeable:
            call = call.replace(expression, name, 1)
        other = Case(case.subject, [name + " = " + each for name, each in changeable], call, case.names, case.origin)
        other.watched = [name for name, _ in changeable]
        seen = self._runner.outcome(other)
        changes = seen.get("kind") == outcome["kind"] and any(
            each[0] in other.watched for each in seen.get("checks", ())
        )
        return (other, seen) if changes else (case, outcome)


def _given_of(subject: Subject, example: dict[str, Any]) -> Given | None:
    given: Given = {}
    positions = [each for each in subject.parameters if each.kind is not each.kind.KEYWORD_ONLY]
    rest = [str(each) for each in example["arguments"]]
    for each in positions:
        if each.kind is each.kind.VAR_POSITIONAL:
            given.update({each.name: ", ".join(rest)} if rest else {})
            rest = []
        elif rest and each.kind is not each.kind.VAR_KEYWORD:
            given[each.name] = rest.pop(0)
    known = {each.name for each in subject.parameters}
    if rest or not set(example.get("keywords", {})) <= known:
        return None
    return {**given, **example.get("keywords", {})}


def _perturbed(expression: str, source: random.Random) -> str:
    """A literal a little different; "" for what is none."""
    try:
        value = ast.literal_eval(expression)
    except (ValueError, SyntaxError, TypeError, RecursionError):
        return ""
    if isinstance(value, bool) or value is None:
        return ""
    if isinstance(value, int):
        return repr(source.choice((value + 1, value - 1, -value, value * 2, value * 10, value // 2)))
    if isinstance(value, float):
        return repr(source.choice((value + 1.0, -value, value / 4, value * 10)))
    if isinstance(value, (str, bytes, list, tuple)) and value:
        return _with_one_changed(value, source)
    return ""


def _with_one_changed(value: Any, source: random.Random) -> str:
    """An item dropped or doubled, or all of them in reverse."""
    if value:
        place = source.randrange(len(value))
        choices = [
            value[:place] + value[place + 1 :],
            value[:place] + value[place : place + 1] + value[place:],
            value[::-1],
        ]
        return repr(source.choice(choices))
    return ""


def _raising_lines(text: str) -> set[int]:
    """Lines (from zero) of statements that raise or assert on purpose."""
    found: set[int] = set()
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, (ast.Raise, ast.Assert)):
            found.update(range(node.lineno - 1, (node.end_lineno or node.lineno)))
    return found

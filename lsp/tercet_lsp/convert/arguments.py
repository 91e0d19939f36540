"""The commands' names and their arguments: one object, checked field by field, with an error that a person can read."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from lsprotocol import types
from tercet_shared.errors import InvalidRequest


class Command(StrEnum):
    """Every command, as an editor's extension declares it."""

    RUN = "tercet.run"
    PLAN = "tercet.plan"
    FIX = "tercet.fix"
    IMPLEMENT = "tercet.implement"
    TEST = "tercet.test"
    RUN_TESTS = "tercet.runTests"
    DOCUMENT = "tercet.document"
    REVIEW = "tercet.review"
    EXPLAIN = "tercet.explain"
    REFACTOR = "tercet.refactor"
    OPTIMISE = "tercet.optimise"
    SECURE = "tercet.secure"
    APPROVE = "tercet.approve"
    STEER = "tercet.steer"
    RETRY = "tercet.retry"
    CANCEL = "tercet.cancel"
    APPLY = "tercet.apply"
    APPLY_HUNK = "tercet.applyHunk"
    DISCARD = "tercet.discard"
    DISCARD_HUNK = "tercet.discardHunk"
    COMPARE = "tercet.compare"
    UNDO = "tercet.undo"
    SHOW = "tercet.show"
    STATUS = "tercet.status"
    INDEX = "tercet.index"
    MODELS = "tercet.models"
    BUDGET = "tercet.budget"
    TRUST = "tercet.trust"
    DOCTOR = "tercet.doctor"


INTENTS = ("fix", "implement", "test", "document", "review", "explain", "refactor", "optimise", "secure")
"""`tercet_shared.runs.Intent`, without loading it before `initialize` is answered (a test compares them)."""

MOST_INSTRUCTIONS = 100_000
"""Characters, as `tercet_shared.runs.RunRequest` has it."""


MOST_OF_A_REVISION = 500
"""Characters, as `tercet_shared.runs.Target` has it."""


@dataclass(frozen=True)
class Arguments:
    """Whatever a command may be given; each command says which of them it takes."""

    finding: str | None = None
    proposal: str | None = None
    run: str | None = None
    uri: str | None = None
    range: types.Range | None = None
    tests: tuple[str, ...] = ()
    intent: str | None = None
    instructions: str | None = None
    base: str | None = None
    """A revision of git: what has changed since is meant."""
    plan_first: bool = False
    """Stop with the plan and wait for approval."""
    paths: tuple[str, ...] = ()
    """The files of a proposal to apply or discard; none given: all."""
    hunk: int | None = None
    """Which of the edits that a proposal makes in the file `uri`, from zero."""
    trusted: bool = True
    rebuild: bool = False
    open: bool = False
    """Show the result in the editor, not only return it."""


def read(command: Command, given: Sequence[Any], accepted: frozenset[str]) -> Arguments:
    """The arguments of `workspace/executeCommand`: none, or one object. Raises InvalidRequest with what is wrong."""
    if len(given) > 1 or (given and given[0] is not None and not isinstance(given[0], Mapping)):
        raise InvalidRequest(f"`{command}` takes one object with any of: {_listed(accepted)}.")
    fields = dict(given[0] or {}) if given else {}
    if unknown := sorted(map(str, fields.keys() - accepted)):
        raise InvalidRequest(f"`{command}` does not know {', '.join(unknown)}; it takes: {_listed(accepted)}.")
    return Arguments(**{name: _checked(command, name, value) for name, value in fields.items() if value is not None})


@dataclass(frozen=True)
class _Field:
    accepts: Callable[[Any], bool]
    expected: str


def _are_names(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(each, str) and each for each in value)


_TRUTH = _Field(lambda value: isinstance(value, bool), "true or false")
_NAME = _Field(lambda value: isinstance(value, str) and value != "", "a non-empty string")
_FIELDS = {
    "trusted": _TRUTH,
    "rebuild": _TRUTH,
    "open": _TRUTH,
    "plan_first": _TRUTH,
    "paths": _Field(
        lambda value: _are_names(value) and bool(value),
        "a list of paths in the workspace; for all of them leave it out",
    ),
    "hunk": _Field(
        lambda value: isinstance(value, int) and not isinstance(value, bool) and value >= 0, "a whole number from 0"
    ),
    "tests": _Field(_are_names, "a list of test ids"),
    "base": _Field(
        lambda value: isinstance(value, str) and 0 < len(value) <= MOST_OF_A_REVISION,
        f"a revision of git, of at most {MOST_OF_A_REVISION} characters",
    ),
    "intent": _Field(lambda value: value in INTENTS, f"one of: {', '.join(INTENTS)}"),
    "instructions": _Field(
        lambda value: isinstance(value, str) and len(value) <= MOST_INSTRUCTIONS,
        f"a text of at most {MOST_INSTRUCTIONS} characters",
    ),
}
"""What is none of these is a name, but for the range."""


def _checked(command: Command, name: str, value: Any) -> Any:
    if name == "range":
        return _range(command, value)
    field = _FIELDS.get(name, _NAME)
    if not field.accepts(value):
        raise InvalidRequest(f"`{name}` of `{command}` must be {field.expected}.")
    return tuple(value) if isinstance(value, list) else value


def _range(command: Command, value: Any) -> types.Range:
    try:
        start, end = (
            types.Position(line=value[side]["line"], character=value[side]["character"]) for side in ("start", "end")
        )
    except (TypeError, KeyError, ValueError) as error:
        raise InvalidRequest(f"`range` of `{command}` must be a range as the protocol defines it.") from error
    return types.Range(start, end)


def _listed(accepted: frozenset[str]) -> str:
    return ", ".join(sorted(accepted)) or "nothing"

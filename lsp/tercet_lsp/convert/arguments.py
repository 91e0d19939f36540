"""The commands' names and their arguments: one object, checked field by field, with an error that a person can read."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from lsprotocol import types
from tercet_shared.errors import InvalidRequest


class Command(StrEnum):
    """Every command, as an editor's extension declares it."""

    FIX = "tercet.fix"
    REVIEW = "tercet.review"
    APPLY = "tercet.apply"
    DISCARD = "tercet.discard"
    UNDO = "tercet.undo"
    CANCEL = "tercet.cancel"
    SHOW = "tercet.show"
    STATUS = "tercet.status"
    TRUST = "tercet.trust"
    DOCTOR = "tercet.doctor"


@dataclass(frozen=True)
class Arguments:
    """Whatever a command may be given; each command says which of them it takes."""

    finding: str | None = None
    proposal: str | None = None
    run: str | None = None
    uri: str | None = None
    range: types.Range | None = None
    tests: tuple[str, ...] = ()
    trusted: bool = True
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


def _checked(command: Command, name: str, value: Any) -> Any:
    if name in ("trusted", "open"):
        if isinstance(value, bool):
            return value
        raise InvalidRequest(f"`{name}` of `{command}` must be true or false.")
    if name == "tests":
        if isinstance(value, list) and all(isinstance(test, str) and test for test in value):
            return tuple(value)
        raise InvalidRequest(f"`tests` of `{command}` must be a list of test ids.")
    if name == "range":
        return _range(command, value)
    if isinstance(value, str) and value:
        return value
    raise InvalidRequest(f"`{name}` of `{command}` must be a non-empty string.")


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

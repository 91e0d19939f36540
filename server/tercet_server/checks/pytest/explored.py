"""Reads what an exploring process says into the port's types. All of it may have been made up by the code under test."""

from collections.abc import Iterable, Mapping
from typing import Any, TypeVar

from pydantic import BaseModel, TypeAdapter, ValidationError

from tercet_server.ports import Explored, ExploredCase, SuspectCall

MOST_MESSAGES = 5000

Read = TypeVar("Read")


class _Mutant(BaseModel):
    number: int
    cases: list[int]


class _Names(BaseModel):
    module: str
    names: list[str]


_CASE = TypeAdapter(ExploredCase)
_SUSPECT = TypeAdapter(SuspectCall)
_MUTANT = TypeAdapter(_Mutant)
_NAMES = TypeAdapter(_Names)


def explored(messages: Iterable[Mapping[str, Any]]) -> Explored:
    """What is not of the expected shape is left out."""
    by_kind: dict[str, list[Mapping[str, Any]]] = {}
    for each in messages:
        by_kind.setdefault(str(each.get("kind")), []).append(each)
    names = _all(_NAMES, by_kind.get("names", ()))
    problem = next((str(each.get("message"))[:500] for each in by_kind.get("problem", ())), "")
    return Explored(
        module=names[0].module if names else "",
        names=names[0].names if names else (),
        cases=_all(_CASE, by_kind.get("case", ())),
        suspects=_all(_SUSPECT, by_kind.get("note", ())),
        killed={each.number: frozenset(each.cases) for each in _all(_MUTANT, by_kind.get("mutant", ()))},
        problem=problem,
    )


def _all(adapter: TypeAdapter[Read], messages: Iterable[Mapping[str, Any]]) -> list[Read]:
    found = []
    for each in messages:
        try:
            found.append(adapter.validate_python({key: value for key, value in each.items() if key != "kind"}))
        except ValidationError:
            continue
    return found

"""Tells variants apart: calls what tests call, with arguments a little different from theirs, and says what came of each.

The calls are those of passing tests into the workspace's other code, recorded before the variant is put in place; the
arguments are the same for every variant. What a call gave is said by a digest of its value and of the arguments after it.
"""

from __future__ import annotations

import copy
import hashlib
import inspect
import itertools
import random
import signal
import sys
from collections.abc import Iterator
from types import FunctionType
from typing import Any, List, NoReturn, Tuple  # Python 3.8 has no list[...] outside annotations

from .places import Places
from .swapped import Functions

Call = Tuple[FunctionType, List[Any]]  # evaluated at run time, also by Python 3.8

MOST_CALLS = 24
MOST_INPUTS = 120
MOST_ITEMS = 500
"""Taken from a generator."""

CALL_S = 0.05
"""Of processor time."""

_DEPTH = 6


class TooLong(BaseException):
    """Not an Exception: the code under test must not catch it."""


class Calls:
    """The calls that code of `test_files` makes into other files of the workspace, while it is entered."""

    def __init__(self, places: Places, functions: Functions, test_files: frozenset[str]) -> None:
        self._places = places
        self._functions = functions
        self._test_files = test_files
        self.found: list[Call] = []

    def __enter__(self) -> Calls:
        sys.setprofile(self._on_call)
        return self

    def __exit__(self, *raised: object) -> None:
        sys.setprofile(None)

    def _on_call(self, frame: Any, event: str, argument: Any) -> None:
        if event != "call" or frame.f_back is None or len(self.found) >= MOST_CALLS:
            return
        if self._places.relative(frame.f_back.f_code.co_filename) not in self._test_files:
            return
        path = self._places.relative(frame.f_code.co_filename)
        function = None if path is None or path in self._test_files else self._functions.only(frame.f_code)
        if function is None or frame.f_code.co_kwonlyargcount or frame.f_code.co_flags & 0x0C:
            return  # a function with keyword-only or any number of arguments
        names = frame.f_code.co_varnames[: frame.f_code.co_argcount]
        try:
            self.found.append((function, copy.deepcopy([frame.f_locals[name] for name in names])))
        except Exception:  # noqa: BLE001  # what cannot be copied cannot be tried
            return


def observe(calls: list[Call]) -> list[str]:
    """A word for each input: `gave` with a digest, `raised` with a type, or `late`. Seeded: the same inputs each time."""
    signal.signal(signal.SIGVTALRM, _stop)
    inputs = [(function, list(arguments)) for function, arguments in calls]
    inputs += list(itertools.islice(_perturbed_calls(calls), MOST_INPUTS))
    return [_outcome(function, arguments) for function, arguments in inputs]


def _stop(number: int, frame: Any) -> NoReturn:
    raise TooLong


def _outcome(function: FunctionType, arguments: list[Any]) -> str:
    try:
        given = copy.deepcopy(arguments)
        signal.setitimer(signal.ITIMER_VIRTUAL, CALL_S)
        value = function(*given)
        if inspect.isgenerator(value):
            value = list(itertools.islice(value, MOST_ITEMS))
        if inspect.iscoroutine(value):
            value.close()
            return "late"
        said = "gave " + _digest([value, given])
    except TooLong:
        return "late"
    except BaseException as error:  # noqa: BLE001  # whatever it raises is what it does
        return "raised " + type(error).__name__
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
    return said


def _digest(value: Any) -> str:
    return hashlib.sha256(_canonical(value, _DEPTH).encode("utf-8", "surrogatepass")).hexdigest()[:12]


def _canonical(value: Any, depth: int) -> str:
    """The same for equal values, and without addresses."""
    if value is None or isinstance(value, (bool, int, str, bytes)):
        return repr(value)
    if isinstance(value, float):
        return format(value, ".9g")
    if depth == 0:
        return type(value).__name__
    if isinstance(value, (list, tuple)):
        return "[" + ",".join(_canonical(each, depth - 1) for each in value) + "]"
    if isinstance(value, dict):
        value = {_canonical(key, depth - 1) + ":" + _canonical(each, depth - 1) for key, each in value.items()}
    if isinstance(value, (set, frozenset)):
        return "{" + ",".join(sorted(_canonical(each, depth - 1) for each in value)) + "}"
    return type(value).__name__ + _canonical(getattr(value, "__dict__", {}), depth - 1)


# -- arguments a little different


def _perturbed_calls(calls: list[Call]) -> Iterator[Call]:
    source = random.Random(20110)  # noqa: S311  # for tests, not for secrets
    if not calls:
        return
    for attempt in range(2 * MOST_INPUTS):
        function, arguments = calls[attempt % len(calls)]
        if not arguments:
            continue
        changed = copy.deepcopy(arguments)
        place = source.randrange(len(changed))
        changed[place] = _perturbed(changed[place], source, _DEPTH)
        yield function, changed


def _perturbed(value: Any, source: random.Random, depth: int) -> Any:
    if isinstance(value, bool):
        return not value
    if isinstance(value, int):
        return source.choice([value - 1, value + 1, value + source.randint(-5, 5), value // 2])
    if isinstance(value, float):
        return source.choice([value / 2, value + 1.0, -value])
    if isinstance(value, str):
        return "".join(_edited(list(value), source, lambda letter: letter))
    if depth and type(value) in (list, tuple):
        edited = _edited(list(value), source, lambda each: _perturbed(each, source, depth - 1))
        return type(value)(_alike(edited, list(value)))
    return value


def _alike(edited: list[Any], model: list[Any]) -> list[Any]:
    """In order and without doubles where the model is: what is true of a test's arguments may be a precondition."""
    try:
        if all(each not in model[:place] for place, each in enumerate(model)):
            edited = [each for place, each in enumerate(edited) if each not in edited[:place]]
        return sorted(edited) if model == sorted(model) else edited
    except Exception:  # noqa: BLE001  # foreign objects, which may compare as they like
        return edited


def _edited(items: list[Any], source: random.Random, change: Any) -> list[Any]:
    """One item dropped, doubled, moved or changed."""
    if not items:
        return items
    place, other = source.randrange(len(items)), source.randrange(len(items))
    kind = source.randrange(4)
    if kind == 0:
        del items[place]
    elif kind == 1:
        items.insert(other, copy.deepcopy(items[place]))
    elif kind == 2:
        items[place], items[other] = items[other], items[place]
    else:
        items[place] = change(items[place])
    return items

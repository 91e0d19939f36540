"""Compares one repaired QuixBugs program with its reference on generated inputs; prints one JSON object.

Run as a process of its own, with the limits of its caller: `python -m benchmarks.quixbugs_inputs QUIXBUGS ROOT NAME COUNT`.
Inputs are seeded perturbations of the JSON test cases that keep what all cases share (sorted, distinct, not negative,
not empty); an input on which the reference raises or takes too long breaks a precondition and is passed over.
"""

import copy
import importlib.util
import json
import math
import random
import signal
import sys
import types
from collections.abc import Callable, Iterator
from pathlib import Path
from types import FrameType
from typing import Any

CALL_S = 0.5
"""Of processor time, so that a busy machine changes no answer."""
MOST_ITEMS = 200_000
ATTEMPTS_PER_INPUT = 20
MOST_FAILED = 400
"""Inputs on which the reference has no value; each may cost `CALL_S`."""
BEYOND, FAR_BEYOND = 5, 300
"""How far a number may go above those of the cases, at first and once near ones are used up."""


class TooSlow(BaseException):
    """Not an Exception: the program under test must not catch it."""


def main() -> None:
    quixbugs, root, name, count = Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3], int(sys.argv[4])
    cases = [case[0] for case in _lines(quixbugs / "json_testcases" / f"{name}.json")]
    cases = [case if isinstance(case, list) else [case] for case in cases]
    reference = _load(quixbugs / "correct_python_programs" / f"{name}.py", name)
    repaired = _load(root / "python_programs" / f"{name}.py", name)
    signal.signal(signal.SIGVTALRM, _stop)
    compared = differing = failed = 0
    example = ""
    for arguments in _inputs(cases, count):
        expected = _outcome(reference, arguments, CALL_S)
        if expected is None:
            failed += 1
            if failed == MOST_FAILED:
                break
            continue
        compared += 1
        actual = _outcome(repaired, arguments, 10 * CALL_S)
        if not _same(expected, actual, _tolerance(arguments)):
            differing += 1
            example = example or f"{name}{tuple(arguments)!r:.300} is {actual!r:.200}, not {expected!r:.200}"
        if compared == count:
            break
    print(json.dumps({"compared": compared, "differing": differing, "example": example}))


def _lines(path: Path) -> list[Any]:
    return [json.loads(line) for line in path.read_text("utf-8").splitlines() if line.strip()]


def _load(path: Path, name: str) -> Callable[..., Any]:
    spec = importlib.util.spec_from_file_location(f"{path.parent.name}_{name}", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    function: Callable[..., Any] = getattr(module, name)
    return function


def _stop(number: int, frame: FrameType | None) -> None:
    raise TooSlow


def _outcome(function: Callable[..., Any], arguments: list[Any], limit_s: float) -> tuple[Any] | None:
    """The value in a tuple; None if it raised or took too long."""
    signal.setitimer(signal.ITIMER_VIRTUAL, limit_s)
    try:
        return (_plain(function(*copy.deepcopy(arguments))),)
    except (Exception, TooSlow):  # noqa: BLE001  # whatever the program raises means that it has no value here
        return None
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)


def _plain(value: Any) -> Any:
    if isinstance(value, types.GeneratorType | list | tuple):
        items = []
        for each in value:
            items.append(_plain(each))
            if len(items) > MOST_ITEMS:
                raise TooSlow
        return items
    return value


def _same(expected: tuple[Any] | None, actual: tuple[Any] | None, tolerance: float) -> bool:
    if expected is None or actual is None:
        return False
    return _equal(expected[0], actual[0], tolerance)


def _equal(expected: Any, actual: Any, tolerance: float) -> bool:
    if isinstance(expected, list) and isinstance(actual, list):
        return len(expected) == len(actual) and all(
            _equal(left, right, tolerance) for left, right in zip(expected, actual, strict=True)
        )
    if isinstance(expected, float) and isinstance(actual, int | float):
        return math.isclose(expected, actual, rel_tol=1e-9, abs_tol=tolerance)
    return bool(expected == actual) and isinstance(expected, bool) == isinstance(actual, bool)


def _tolerance(arguments: list[Any]) -> float:
    """A program that is given a precision is held to twice that: both may be off by it."""
    return 2 * min((each for each in arguments if isinstance(each, float)), default=0.0)


def _inputs(cases: list[list[Any]], count: int) -> Iterator[list[Any]]:
    """Distinct argument lists: the cases themselves, then perturbations of them."""
    source = random.Random(20240501)
    seen: set[str] = set()
    attempts = [*cases, *(None for _ in range(count * ATTEMPTS_PER_INPUT))]
    near = len(attempts) // 2
    shared = [_shared([case[at] for case in cases if at < len(case)]) for at in range(max(map(len, cases), default=0))]
    for number, attempt in enumerate(attempts):
        arguments = attempt
        for each in shared:
            each["beyond"] = BEYOND if number < near else FAR_BEYOND
        if arguments is None:
            base = source.choice(cases)
            arguments = [_perturbed(value, shared[at], source) for at, value in enumerate(base)]
        key = repr(arguments)
        if key not in seen:
            seen.add(key)
            yield arguments


def _shared(values: list[Any]) -> dict[str, Any]:
    """What all values of one parameter have in common."""
    numbers = list(_numbers(values))
    lists = [each for each in values if isinstance(each, list)]
    flat = [each for each in lists if all(isinstance(item, int | float | str) for item in each)]
    return {
        "low": min(numbers, default=0),
        "high": max(numbers, default=0),
        "sorted": bool(lists) and len(flat) == len(lists) and all(each == sorted(each, key=_key) for each in flat),
        "distinct": bool(lists) and all(len({repr(item) for item in each}) == len(each) for each in lists),
        "filled": all(each for each in values if isinstance(each, list | str)),
        "letters": sorted({letter for each in values for letter in _strings(each)}),
    }


def _key(value: Any) -> tuple[str, Any]:
    return (type(value).__name__ if isinstance(value, str) else "", value)


def _numbers(value: Any) -> Iterator[float]:
    if isinstance(value, list):
        for each in value:
            yield from _numbers(each)
    elif isinstance(value, int | float) and not isinstance(value, bool):
        yield value


def _strings(value: Any) -> str:
    return "".join(map(_strings, value)) if isinstance(value, list) else value if isinstance(value, str) else ""


def _perturbed(value: Any, shared: dict[str, Any], source: random.Random) -> Any:
    """`value` with a few small changes that keep what is shared."""
    if isinstance(value, bool):
        return source.random() < 0.5
    if isinstance(value, int):
        choices = [value, value + source.randint(-3, 3), source.randint(0, max(1, abs(value)))]
        if shared["beyond"] == FAR_BEYOND:
            choices.append(source.randint(int(shared["low"]), int(shared["high"]) + FAR_BEYOND))
        moved = source.choice(choices)
        return int(min(max(moved, shared["low"]), shared["high"] + shared["beyond"]))
    if isinstance(value, float):
        return value
    if isinstance(value, str):
        return _string(value, shared, source)
    if isinstance(value, list):
        return _list(value, shared, source)
    return value


def _string(value: str, shared: dict[str, Any], source: random.Random) -> str:
    letters = list(value)
    for _ in range(source.randint(0, 3)):
        if len(value) == 1 or (len(letters) == 1 and source.random() < 0.7):
            letters = [source.choice(shared["letters"] or [value])]
        elif source.random() < 0.4 and len(letters) > 1:
            letters.pop(source.randrange(len(letters)))
        elif source.random() < 0.5 and len(letters) > 1:
            left, right = source.randrange(len(letters)), source.randrange(len(letters))
            letters[left], letters[right] = letters[right], letters[left]
        elif shared["letters"]:
            letters.insert(source.randint(0, len(letters)), source.choice(shared["letters"]))
    return "".join(letters)


def _list(value: list[Any], shared: dict[str, Any], source: random.Random) -> list[Any]:
    items = [_perturbed(each, shared, source) if source.random() < 0.4 else copy.deepcopy(each) for each in value]
    for _ in range(source.randint(0, 2)):
        if items and source.random() < 0.5 and (len(items) > 1 or not shared["filled"]):
            items.pop(source.randrange(len(items)))
        elif items:
            items.insert(source.randint(0, len(items)), _perturbed(source.choice(items), shared, source))
    if source.random() < 0.3 and not any(isinstance(each, str) for each in items):
        source.shuffle(items)
    if shared["distinct"]:
        items = list({repr(each): each for each in items}.values())
    return sorted(items, key=_key) if shared["sorted"] else items


if __name__ == "__main__":
    main()

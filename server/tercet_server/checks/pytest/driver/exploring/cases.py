"""One call and what came of it, as source: the setup, the call, the value or exception, and what else changed."""

from __future__ import annotations

import asyncio
import contextlib
import inspect
import io
import itertools
import sys
import types
from typing import Any

from .guard import CALL_S, Guard, Reached, TooLong
from .sources import Opaque, Source, source_of

MOST_ITEMS = 20
SHOWN_ITEMS = 5
MESSAGE_CHARACTERS = 100
MOST_ATTRIBUTES = 8


class Case:
    """`setup` are statements, `call` an expression; `names` says what both have to have imported (name → module)."""

    def __init__(self, subject: str, setup: list[str], call: str, names: dict[str, str], origin: str) -> None:
        self.subject = subject
        self.setup = setup
        self.call = call
        self.names = names
        self.origin = origin
        self.arguments: list[list[str]] = []
        """Pairs of a parameter's name and its expression, where the call is nothing but the subject with arguments."""
        self.watched: list[str] = []
        """Variables of the setup that the call may change."""

    def as_json(self) -> dict[str, Any]:
        return {
            "subject": self.subject,
            "setup": self.setup,
            "call": self.call,
            "names": self.names,
            "origin": self.origin,
            "arguments": self.arguments,
            "watched": self.watched,
        }

    @classmethod
    def of_json(cls, data: dict[str, Any]) -> Case:
        case = cls(data["subject"], data["setup"], data["call"], data["names"], data["origin"])
        case.arguments, case.watched = data["arguments"], data["watched"]
        return case


class Scope:
    """What the code of a case may name: the module under test, and modules and names that it is said to import."""

    def __init__(self, module: types.ModuleType) -> None:
        self._module = module

    def fresh(self, names: dict[str, str]) -> dict[str, Any]:
        scope = {name: value for name, value in vars(self._module).items() if not name.startswith("__")}
        scope["itertools"], scope["asyncio"] = itertools, asyncio
        for name, module in names.items():
            scope[name] = _imported(name, module)
        return scope


def _imported(name: str, module: str) -> Any:
    if not module:
        __import__(name)
        return sys.modules[name]
    __import__(module)
    return getattr(sys.modules[module], name)


class Runner:
    """Runs cases and says what comes of them."""

    def __init__(self, module: types.ModuleType, guard: Guard, path: str) -> None:
        self.scope = Scope(module)
        self.guard = guard
        self._path = path

    def outcome(self, case: Case, seconds: float = CALL_S) -> dict[str, Any]:
        """`kind`: gives, raises, prints or is (of which only the type and attributes can be told); late, reached or unset
        for what is no case. Its other entries are all that a test would assert.
        """
        printed = io.StringIO()
        try:
            with self.guard.call(seconds), contextlib.redirect_stdout(printed), contextlib.redirect_stderr(
                io.StringIO()
            ):
                scope = self.scope.fresh(case.names)
                for statement in case.setup:
                    exec(statement, scope)  # noqa: S102  # in the sandbox, where this code runs anyway
                before = {name: _attributes(scope.get(name)) for name in case.watched}
                result = self._called(case, scope)
                if result["kind"] != "gives":
                    return result
                return self._told(case, scope, result, before, printed.getvalue())
        except TooLong:
            return {"kind": "late"}
        except Reached as reached:
            return {"kind": "reached", "by": str(reached)}
        except Exception as error:  # noqa: BLE001  # foreign code
            return {"kind": "unset", "type": type(error).__name__}
        except BaseException as error:  # noqa: BLE001  # SystemExit and the like are outcomes, but none to keep
            return {"kind": "reached", "by": type(error).__name__}

    def _called(self, case: Case, scope: dict[str, Any]) -> dict[str, Any]:
        """The value under `value`, with the expression that gives it in a form to compare."""
        form = case.call
        try:
            value = eval(case.call, scope)  # noqa: S307  # in the sandbox, where this code runs anyway
            if inspect.iscoroutine(value):
                form = "asyncio.run(" + form + ")"
                value = asyncio.run(value)
            if _is_iterator(value):
                short, form = "list(itertools.islice(" + form + ", " + str(SHOWN_ITEMS) + "))", "list(" + form + ")"
                value = list(itertools.islice(value, MOST_ITEMS + 1))
                if len(value) > MOST_ITEMS:
                    form, value = short, value[:SHOWN_ITEMS]
        except SyntaxError as error:
            if error.filename == "<string>":
                return {"kind": "unset", "type": "SyntaxError"}
            return {**self._raised(error), "form": form}
        except Exception as error:  # noqa: BLE001  # what it raises is what it does
            return {**self._raised(error), "form": form}
        return {"kind": "gives", "value": value, "form": form}

    def _raised(self, error: Exception) -> dict[str, Any]:
        frames = []
        trace = error.__traceback__
        while trace is not None:
            if trace.tb_frame.f_code.co_filename == self._path:
                frames.append(trace.tb_lineno)
            trace = trace.tb_next
        kind = type(error)
        try:
            message = str(error)[:1000]
        except Exception:  # noqa: BLE001  # foreign code
            message = ""
        return {
            "kind": "raises",
            "type": kind.__qualname__,
            "module": kind.__module__,
            "message": "" if " at 0x" in message or len(message) > MESSAGE_CHARACTERS else message,
            "line": frames[-1] - 1 if frames else -1,
        }

    def _told(
        self, case: Case, scope: dict[str, Any], result: dict[str, Any], before: dict[str, Any], printed: str
    ) -> dict[str, Any]:
        value, told = result.pop("value"), result
        checks: list[list[Any]] = []
        imports: dict[str, str] = {}
        try:
            source = source_of(value)
            told["source"], told["approximate"] = source.text, source.approximate
            imports.update(source.imports)
        except Opaque:
            told["kind"], told["type"] = "is", _type_name(value, imports)
            checks += _checks("result", _attributes(value), imports)
        for name in case.watched:
            after = _attributes(scope.get(name))
            changed = {
                key: each
                for key, each in after.items()
                if key not in before[name] or _text(before[name][key]) != each.text
            }
            checks += _checks(name, changed, imports)
        if printed and len(printed) <= 400:
            told["printed"] = printed
        told["checks"], told["imports"] = checks, imports
        return told


def _is_iterator(value: Any) -> bool:
    return hasattr(type(value), "__next__") and not isinstance(value, io.IOBase)


def _text(source: Source) -> str:
    return source.text


def _type_name(value: Any, imports: dict[str, str]) -> str:
    """Of a value that is opaque: its type's name, imported; "" if that cannot be."""
    try:
        source = source_of(type(value))
    except Opaque:
        return ""
    imports.update(source.imports)
    return source.text


def _attributes(value: Any) -> dict[str, Source]:
    """What can be seen of a value: itself where it can be written ("": …), else its public attributes and its length."""
    try:
        return {"": source_of(value)}
    except Opaque:
        pass
    found: dict[str, Source] = {}
    for name in _public(value):
        if len(found) == MOST_ATTRIBUTES:
            break
        try:
            attribute = getattr(value, name)
            if not callable(attribute):
                found["." + name] = source_of(attribute)
        except Exception:  # noqa: BLE001, S112  # foreign code, and Opaque
            continue
    for function in ("len", "str"):
        method = "__" + function + "__"
        if getattr(type(value), method, None) not in (None, getattr(object, method, None)):
            try:
                found[function] = source_of(len(value) if function == "len" else str(value))
            except Exception:  # noqa: BLE001, S112  # foreign code, and Opaque
                continue
            if " at 0x" in found[function].text:
                del found[function]
    return found


def _public(value: Any) -> list[str]:
    names = list(getattr(value, "__dict__", {}))
    for kind in type(value).__mro__:
        slots = kind.__dict__.get("__slots__", ())
        names += [slots] if isinstance(slots, str) else list(slots)
        names += [name for name, each in kind.__dict__.items() if isinstance(each, property)]
    return [name for name in dict.fromkeys(names) if isinstance(name, str) and not name.startswith("_")]


def _checks(name: str, found: dict[str, Source], imports: dict[str, str]) -> list[list[Any]]:
    """[expression, source of its value, whether approximately], for each attribute of the variable `name`."""
    checks = []
    for key, source in found.items():
        expression = key + "(" + name + ")" if key in ("len", "str") else name + key
        imports.update(source.imports)
        checks.append([expression, source.text, source.approximate])
    return checks

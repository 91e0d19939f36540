"""What a parameter may be given: expressions from its annotation, its default, its use in the body, its name."""

from __future__ import annotations

import ast
import collections.abc
import enum
import inspect
import random
import re
import textwrap
import types
import typing
from typing import Any

from .pools import MODULES, POOLS, UNKNOWN, kinds_by_name

_PLAIN = {
    int: "int", float: "float", bool: "bool", str: "str", bytes: "bytes", complex: "complex", dict: "dict", type: "type",
    type(None): "none", bytearray: "bytes", object: "", range: "range",
}  # fmt: skip
_NAMED = {
    "datetime": "datetime", "date": "date", "time": "time", "timedelta": "timedelta", "Decimal": "Decimal",
    "Fraction": "Fraction", "Path": "Path", "PurePath": "Path", "PurePosixPath": "Path", "PathLike": "Path", "TextIO": "text_file",
    "TextIOWrapper": "text_file", "StringIO": "text_file", "BinaryIO": "binary_file", "BytesIO": "binary_file", "IO": "text_file",
    "Pattern": "pattern", "Exception": "exception", "BaseException": "exception", "Number": "int", "Real": "float",
    "SupportsInt": "int", "SupportsFloat": "float", "SupportsIndex": "int", "Hashable": "str", "Sized": "ints",
}  # fmt: skip
_LISTS = (
    list, collections.abc.Iterable, collections.abc.Sequence, collections.abc.Collection, collections.abc.MutableSequence,
    collections.abc.Container, collections.abc.Reversible,
)  # fmt: skip
_OF_ITEMS = {"int": "ints", "float": "floats", "str": "strs"}
_DEPTH = 3


class Parameter:
    """One parameter and what it is likely to be given. `sure`: an annotation says so."""

    def __init__(self, name: str, kind: Any, has_default: bool) -> None:
        self.name = name
        self.kind = kind
        self.has_default = has_default
        self.sure = False
        self.weights: dict[str, float] = {}
        """By kind of value: how often it is chosen; learnt from what the calls raise."""
        self.special: list[str] = []
        """Expressions of its own: literals that the code compares with, members of an enumeration, instances."""

    def choose(self, source: random.Random) -> tuple[str, str]:
        """A kind and an expression of it; the kind "" is one of its own expressions."""
        if self.special and (not self.weights or source.random() < 0.45):
            return "", source.choice(self.special)
        kinds = list(self.weights)
        kind = source.choices(kinds, [self.weights[each] for each in kinds])[0]
        pool = POOLS[kind]
        return kind, pool[min(int(source.expovariate(4.0 / len(pool))), len(pool) - 1)]

    def learn(self, kind: str, good: bool) -> None:
        if kind in self.weights and not self.sure:
            self.weights[kind] = min(8.0, max(0.05, self.weights[kind] * (1.3 if good else 0.8)))


class Instances:
    """Expressions that give an instance of a class of the workspace, as far as such have been found."""

    def __init__(self) -> None:
        self._known: dict[type, list[str]] = {}

    def of(self, kind: type) -> list[str]:
        return self._known.setdefault(kind, [])

    def add(self, kind: type, expression: str) -> None:
        known = self.of(kind)
        if expression not in known and len(known) < 12 and len(expression) < 120:
            known.append(expression)


def parameters_of(function: Any, literals: list[str], instances: Instances) -> list[Parameter]:
    """Those that a call gives; `*args` stands for one or two positions. Raises ValueError and TypeError for no signature."""
    hints = _hints(function)
    uses = _uses(function)
    found = []
    for each in inspect.signature(function).parameters.values():
        parameter = Parameter(each.name, each.kind, each.default is not each.empty)
        annotation = hints.get(each.name, each.annotation)
        if annotation is not each.empty:
            _take_annotation(parameter, annotation, instances, 0)
        if isinstance(annotation, str) and not (parameter.weights or parameter.special):
            _take_words(parameter, annotation)
        parameter.sure = bool(parameter.weights or parameter.special)
        if parameter.has_default:
            _take_default(parameter, each.default)
        if not parameter.sure:
            _guess(parameter, uses.get(each.name, set()))
        _take_literals(parameter, literals)
        found.append(parameter)
    return found


def constructor(function: Any) -> Any:
    """What runs when it is called: of a class, its `__init__`."""
    return vars(function).get("__init__", function) if isinstance(function, type) else function


def _hints(function: Any) -> dict[str, Any]:
    try:
        return typing.get_type_hints(constructor(function))
    except Exception:  # noqa: BLE001  # names that only exist for type checkers
        return {}


def _take_annotation(parameter: Parameter, annotation: Any, instances: Instances, depth: int) -> None:
    if depth > _DEPTH or annotation is Any or isinstance(annotation, (str, typing.TypeVar)):
        return
    origin, arguments = typing.get_origin(annotation), typing.get_args(annotation)
    if str(origin) in ("typing.Union", "<class 'types.UnionType'>"):
        for each in arguments:
            _take_annotation(parameter, each, instances, depth + 1)
    elif origin is not None and str(origin).endswith("Literal"):
        parameter.special += [repr(each) for each in arguments]
    elif origin is not None:
        _take_generic(parameter, origin, arguments)
    elif annotation in _PLAIN:
        _weigh(parameter, _PLAIN[annotation])
    elif isinstance(annotation, type):
        _take_class(parameter, annotation, instances)


_WORDS = {
    "int": "int", "integer": "int", "number": "int float", "float": "float", "bool": "bool", "str": "str", "string": "str",
    "text": "str", "bytes": "bytes", "dict": "dict", "mapping": "dict", "list": "ints strs", "iterable": "ints strs", "set": "set",
    "sequence": "ints strs", "tuple": "tuple", "callable": "function", "none": "none", "optional": "none", "path": "Path",
    "datetime": "datetime", "date": "date", "timedelta": "timedelta", "decimal": "Decimal", "iterator": "iterator",
}  # fmt: skip


def _take_words(parameter: Parameter, annotation: str) -> None:
    """An annotation that only a type checker can resolve still says something in words: `Number | None`."""
    for word in re.findall(r"[A-Z]?[a-z]+", annotation.partition("[")[0] + " " + annotation.rpartition("]")[2]):
        for kind in _WORDS.get(word.lower(), "").split():
            _weigh(parameter, kind)


def _take_generic(parameter: Parameter, origin: Any, arguments: tuple[Any, ...]) -> None:
    if origin in _LISTS:
        item = arguments[0] if arguments else None
        kind = _OF_ITEMS.get(_PLAIN.get(item, "") if isinstance(item, type) else "", "")
        nested = str(typing.get_origin(item))
        if not kind and "tuple" in nested.lower():
            kind = "pairs"
        elif not kind and any(word in nested.lower() for word in ("list", "sequence", "iterable")):
            kind = "nested"
        for each in [kind] if kind else ["ints", "strs", "str"]:
            _weigh(parameter, each)
    elif origin in (collections.abc.Iterator, collections.abc.Generator):
        _weigh(parameter, "iterator")
    elif origin in (dict, collections.abc.Mapping, collections.abc.MutableMapping):
        _weigh(parameter, "dict")
    elif origin in (set, frozenset, collections.abc.Set, collections.abc.MutableSet):
        _weigh(parameter, "set")
    elif origin is tuple:
        _weigh(parameter, "tuple")
    elif origin is collections.abc.Callable:
        _weigh(parameter, "function")
    elif origin is type:
        _weigh(parameter, "type")
    else:
        _weigh(parameter, _NAMED.get(getattr(origin, "__name__", ""), ""))


def _take_class(parameter: Parameter, kind: type, instances: Instances) -> None:
    if issubclass(kind, enum.Enum):
        parameter.special += [kind.__name__ + "." + name for name in kind.__members__]
    elif kind in (list, tuple, set, frozenset):
        for each in {list: ("ints", "strs", "nested"), tuple: ("tuple",)}.get(kind, ("set",)):
            _weigh(parameter, each)
    elif kind in _LISTS:
        for each in ("ints", "strs", "str"):
            _weigh(parameter, each)
    elif kind.__name__ in _NAMED:
        _weigh(parameter, _NAMED[kind.__name__])
    elif kind.__name__ in ("Callable", "Mapping", "Iterator"):
        _weigh(parameter, {"Callable": "function", "Mapping": "dict", "Iterator": "iterator"}[kind.__name__])
    else:
        parameter.special = instances.of(kind)


def _weigh(parameter: Parameter, kind: str, weight: float = 1.0) -> None:
    if kind:
        parameter.weights[kind] = max(weight, parameter.weights.get(kind, 0.0))


def _take_default(parameter: Parameter, default: Any) -> None:
    kind = _PLAIN.get(type(default), "")
    if default is None:
        parameter.special.append("None")
    elif isinstance(default, (list, tuple)):
        _weigh(parameter, "ints")
    elif callable(default) and not parameter.sure:
        _weigh(parameter, "function", 3.0)
    elif kind and not parameter.sure:
        _weigh(parameter, kind, 3.0)
    if isinstance(default, (str, bytes, int, float)) and len(repr(default)) < 40:
        parameter.special.append(repr(default))


def _guess(parameter: Parameter, used_as: set[str]) -> None:
    for place, kind in enumerate(UNKNOWN):
        _weigh(parameter, kind, 0.5 / (1 + place))
    for kind in kinds_by_name(parameter.name):
        _weigh(parameter, kind, 2.0)
    for kind in used_as:
        _weigh(parameter, kind, 3.0)


def _take_literals(parameter: Parameter, literals: list[str]) -> None:
    """Of the kinds that the parameter takes: what the code compares with decides which way it goes."""
    kinds = {kind for kind, weight in parameter.weights.items() if weight >= 1.0}
    for text in literals:
        kind = _PLAIN.get(type(ast.literal_eval(text)), "")
        if kind in kinds and text not in parameter.special:
            parameter.special.append(text)


def literals_in(function: Any) -> list[str]:
    """The literals of a function's body, numbers with their neighbours."""
    tree = _tree(function)
    found: dict[str, None] = {}
    for node in ast.walk(tree) if tree is not None else ():
        value = node.value if isinstance(node, ast.Constant) else None
        if isinstance(value, bool) or value is None:
            continue
        if isinstance(value, int) and abs(value) < 10**6:
            found.update(dict.fromkeys((repr(value), repr(value + 1), repr(value - 1))))
        elif (isinstance(value, (str, bytes)) and len(value) <= 24) or isinstance(value, float):
            found[repr(value)] = None
    for quoted in re.findall(r"[\"']([\w %.:+-]{1,20})[\"']", inspect.getdoc(function) or ""):
        found[repr(quoted)] = None
    return list(found)[:80]


def _tree(function: Any) -> ast.AST | None:
    try:
        return ast.parse(textwrap.dedent(inspect.getsource(inspect.unwrap(function))))
    except (OSError, TypeError, SyntaxError, ValueError):
        return None


_STRING_METHODS = frozenset(name for name in dir(str) if not name.startswith("_")) - set(dir(list))
_DICT_METHODS = frozenset({"keys", "values", "items", "get", "setdefault", "popitem"})
_LIST_METHODS = frozenset({"append", "extend", "sort", "insert", "reverse"})
_DATE_METHODS = frozenset({"date", "year", "month", "day", "hour", "minute", "tzinfo", "timetuple", "strftime"})
_DELTA_METHODS = frozenset({"days", "seconds", "total_seconds", "microseconds"})


def _uses(function: Any) -> dict[str, set[str]]:
    """Parameter → kinds of value that its use in the body speaks for."""
    tree = _tree(function)
    found: dict[str, set[str]] = {}
    for node in ast.walk(tree) if tree is not None else ():
        for name, kinds in _use(node):
            found.setdefault(name, set()).update(kinds)
    return found


def _use(node: ast.AST) -> list[tuple[str, tuple[str, ...]]]:
    if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
        return [(node.value.id, _kinds_with(node.attr))]
    if isinstance(node, (ast.For, ast.comprehension)) and isinstance(node.iter, ast.Name):
        pairs = isinstance(node.target, ast.Tuple)
        return [(node.iter.id, ("pairs",) if pairs else ("ints", "strs"))]
    if isinstance(node, ast.Call):
        return _use_in_call(node)
    if isinstance(node, ast.Compare) and isinstance(node.left, ast.Name) and len(node.comparators) == 1:
        value = getattr(node.comparators[0], "value", None)
        kind = _PLAIN.get(type(value), "") if isinstance(node.comparators[0], ast.Constant) else ""
        return [(node.left.id, (kind,))] if kind else []
    if isinstance(node, ast.BinOp) and isinstance(node.op, (ast.Sub, ast.Mult, ast.Div, ast.FloorDiv, ast.Pow)):
        sides = (each.id for each in (node.left, node.right) if isinstance(each, ast.Name))
        return [(name, ("int", "float")) for name in sides]
    return []


def _use_in_call(node: ast.Call) -> list[tuple[str, tuple[str, ...]]]:
    function = node.func.id if isinstance(node.func, ast.Name) else ""
    named = [each.id for each in node.args if isinstance(each, ast.Name)]
    found: list[tuple[str, tuple[str, ...]]] = [(function, ("function",))] if function else []
    if function in (
        "iter",
        "list",
        "enumerate",
        "zip",
        "sorted",
        "tuple",
        "set",
        "chain",
        "islice",
        "sum",
        "min",
        "max",
        "map",
        "filter",
        "deque",
    ):
        found += [(name, ("ints", "strs")) for name in named]
    if function in ("range", "repeat"):
        found += [(name, ("int",)) for name in named]
    if function == "isinstance" and named and len(node.args) == 2:
        kinds = [each.id for each in ast.walk(node.args[1]) if isinstance(each, ast.Name)]
        known = {
            "int": "int",
            "str": "str",
            "float": "float",
            "list": "ints",
            "dict": "dict",
            "bytes": "bytes",
            "tuple": "tuple",
            "set": "set",
        }
        known.update(_NAMED)
        found.append((named[0], tuple(known[each] for each in kinds if each in known)))
    return found


def _kinds_with(attribute: str) -> tuple[str, ...]:
    if attribute in _DICT_METHODS:
        return ("dict",)
    if attribute in _LIST_METHODS:
        return ("ints", "strs")
    if attribute in _DATE_METHODS:
        return ("datetime", "date")
    if attribute in _DELTA_METHODS:
        return ("timedelta",)
    return ("str",) if attribute in _STRING_METHODS else ()


def module_names() -> dict[str, str]:
    """What the expressions of the pools have to have imported."""
    return dict.fromkeys(MODULES, "")


def is_plain_function(value: Any) -> bool:
    return isinstance(value, types.FunctionType) or isinstance(inspect.unwrap(value), types.FunctionType)

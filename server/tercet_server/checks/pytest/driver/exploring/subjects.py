"""What of a module is called: its functions, its classes, their methods, properties and operators, each with a way to call it."""

from __future__ import annotations

import ast
import inspect
import re
import types
from typing import Any

from .cases import Case
from .parameters import Instances, Parameter, constructor, is_plain_function, literals_in, module_names, parameters_of

_OPERATORS = {
    "__len__": "len({0})", "__str__": "str({0})", "__repr__": "repr({0})", "__bool__": "bool({0})", "__iter__": "list({0})",
    "__eq__": "{0} == {1}", "__lt__": "{0} < {1}", "__le__": "{0} <= {1}", "__gt__": "{0} > {1}", "__ge__": "{0} >= {1}",
    "__ne__": "{0} != {1}", "__add__": "{0} + {1}", "__sub__": "{0} - {1}", "__mul__": "{0} * {1}", "__truediv__": "{0} / {1}",
    "__floordiv__": "{0} // {1}", "__mod__": "{0} % {1}", "__and__": "{0} & {1}", "__or__": "{0} | {1}", "__xor__": "{0} ^ {1}",
    "__getitem__": "{0}[{1}]", "__contains__": "{1} in {0}", "__neg__": "-{0}", "__abs__": "abs({0})", "__int__": "int({0})",
    "__float__": "float({0})", "__reversed__": "list(reversed({0}))", "__next__": "next({0})", "__pow__": "{0} ** {1}",
}  # fmt: skip
_CHANGES = {"__setitem__", "__delitem__", "__iadd__", "__isub__"}


class Subject:
    """Something that can be called. `form` says how: "{0}" is the receiver, further numbers its arguments; "" as `name(…)`."""

    def __init__(self, name: str, function: Any, instances: Instances, module_literals: list[str]) -> None:
        self.name = name
        self.owner: type | None = None
        self.form = ""
        self.is_property = False
        literals = literals_in(constructor(function))
        self.parameters = parameters_of(function, literals + module_literals, instances)

    def bound(self, owner: type, form: str = "", *, is_property: bool = False) -> Subject:
        """As a method of `owner`: the first parameter is the receiver's."""
        self.owner, self.form, self.is_property = owner, form, is_property
        self.parameters = self.parameters[1:]
        return self

    def case(self, given: dict[str, str], receiver: str, names: dict[str, str], origin: str) -> Case:
        """`given`: parameter → expression; what is missing has its default."""
        arguments, pairs = _arguments(self.parameters, given)
        used = {**module_names(), **names}
        if self.owner is None:
            case = Case(self.name, [], self.name + "(" + ", ".join(arguments) + ")", used, origin)
            case.arguments = pairs
            return case
        variable = variable_of(self.owner)
        method = self.name.rpartition(".")[2]
        if self.is_property:
            call = variable + "." + method
        elif self.form:
            call = self.form.format(variable, *(_bracketed(each) for each in arguments))
        else:
            call = variable + "." + method + "(" + ", ".join(arguments) + ")"
        case = Case(self.name, [variable + " = " + receiver], call, used, origin)
        case.arguments = [] if self.is_property else pairs
        case.watched = [variable]
        return case


def _bracketed(expression: str) -> str:
    return (
        "(" + expression + ")"
        if expression.startswith(("lambda", "-")) or " " in expression.split("(", maxsplit=1)[0]
        else expression
    )


def variable_of(kind: type) -> str:
    words = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", kind.__name__).strip("_").lower()
    return words if words.isidentifier() and words not in ("list", "dict", "set", "str", "int", "tuple") else "it"


def _arguments(parameters: list[Parameter], given: dict[str, str]) -> tuple[list[str], list[list[str]]]:
    """In the call, and as pairs with the parameters' names (none if these do not stand for what the call gives)."""
    written: list[str] = []
    pairs: list[list[str]] = []
    by_name = False
    for each in parameters:
        expression = given.get(each.name)
        if expression is None:
            by_name = True
        elif each.kind is inspect.Parameter.VAR_POSITIONAL or each.kind is inspect.Parameter.VAR_KEYWORD:
            written.append(expression)
            pairs.append(["", expression])
        elif each.kind is inspect.Parameter.POSITIONAL_ONLY or (
            each.kind is inspect.Parameter.POSITIONAL_OR_KEYWORD and not by_name
        ):
            written.append(expression)
            pairs.append([each.name, expression])
        else:
            written.append(each.name + "=" + expression)
            pairs.append([each.name + "=", expression])
    return written, pairs


def subjects_of(module: types.ModuleType, wanted: list[str], instances: Instances) -> list[Subject]:
    """In the order of the source. `wanted`: names or "Class.method"; none: all that are public."""
    literals = _module_literals(module)
    found: list[Subject] = []
    exported = getattr(module, "__all__", None) or ()
    for name, value in list(vars(module).items()):
        own = getattr(value, "__module__", None) == module.__name__
        if not own or not (_is_wanted(name, wanted) or (not wanted and name in exported)):
            continue
        if isinstance(value, type):
            found += _of_class(name, value, wanted, instances, literals)
        elif is_plain_function(value):
            found += _made(name, value, instances, literals)
    return found


def _is_wanted(name: str, wanted: list[str]) -> bool:
    if not wanted:
        return not name.startswith("_")
    return any(each == name or each.startswith(name + ".") for each in wanted)


def _made(name: str, function: Any, instances: Instances, literals: list[str]) -> list[Subject]:
    try:
        return [Subject(name, function, instances, literals)]
    except (ValueError, TypeError):
        return []


def _of_class(name: str, kind: type, wanted: list[str], instances: Instances, literals: list[str]) -> list[Subject]:
    found = (
        [] if inspect.isabstract(kind) or issubclass(kind, BaseException) else _made(name, kind, instances, literals)
    )
    for own, raw in list(vars(kind).items()):
        full = name + "." + own
        if wanted and name not in wanted and full not in wanted:
            continue
        found += _member(full, own, raw, kind, instances, literals)
    return found


def _member(full: str, own: str, raw: Any, kind: type, instances: Instances, literals: list[str]) -> list[Subject]:
    if isinstance(raw, (staticmethod, classmethod)):
        return [] if own.startswith("_") else _made(full, getattr(kind, own), instances, literals)
    function = raw.fget if isinstance(raw, property) else getattr(raw, "func", raw)
    if not is_plain_function(function) or getattr(function, "__module__", "") != kind.__module__:
        return []
    if own.startswith("_") and own not in _OPERATORS and own != "__call__":
        return []
    made = _made(full, function, instances, literals)
    for subject in made:
        form = (
            "{0}(" + ", ".join("{" + str(n) + "}" for n in range(1, len(subject.parameters))) + ")"
            if own == "__call__"
            else ""
        )
        subject.bound(kind, _OPERATORS.get(own, form), is_property=function is not raw)
        for each in subject.parameters:
            if own in _OPERATORS and not each.sure:
                each.special += [expression for expression in instances.of(kind) if expression not in each.special]
                each.special = instances.of(kind) if not each.special else each.special
    return made


def _module_literals(module: types.ModuleType) -> list[str]:
    """Short strings of the module's own tables, which its functions may look up."""
    try:
        tree = ast.parse(inspect.getsource(module))
    except (OSError, TypeError, SyntaxError):
        return []
    found: dict[str, None] = {}
    for statement in tree.body:
        if isinstance(statement, (ast.Assign, ast.AnnAssign)):
            for node in ast.walk(statement):
                if isinstance(node, ast.Constant) and isinstance(node.value, str) and 0 < len(node.value) <= 12:
                    found[repr(node.value)] = None
    return list(found)[:30]

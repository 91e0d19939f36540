"""The functions of a text that may be tests, each with a digest of its own lines, by which it is known again. Pure."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import PurePosixPath

from tercet_server.languages.kinds import is_test_path
from tercet_server.languages.tags import Definition, tags

_CALLABLE = frozenset({"function", "method"})
_FIXTURE = re.compile(r"^\s*@[\w.]*\bfixture\b", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Function:
    """`name` is dotted from the outermost definition; lines and characters count from zero."""

    name: str
    line: int
    start: int
    end: int
    """Where its name stands on `line`, in code points."""
    digest: bytes
    """Of its lines, decorators included."""
    is_test: bool
    """By the names that pytest, unittest and `go test` look for where nobody tells them otherwise."""


def functions(path: str, text: str) -> dict[str, Function]:
    """By name, in document order; of several of one name the last, as Python has it.

    None in files that are not made for tests, nor where lines end by CR alone: tools disagree about where such lines are.
    """
    if not is_test_path(path) or "\r" in text.replace("\r\n", ""):
        return {}
    lines = text.split("\n")
    around: dict[str, Definition] = {}
    found: dict[str, Function] = {}
    for each in tags(path, text).definitions:
        name = f"{each.scope}.{each.name}" if each.scope else each.name
        around[name] = each
        if each.kind in _CALLABLE:
            source = "\n".join(lines[each.start : each.end + 1]).encode("utf-8", "surrogatepass")
            decorators = "\n".join(lines[each.start : each.name_line])
            found[name] = Function(
                name=name,
                line=each.name_line,
                start=each.name_character,
                end=each.name_character + len(each.name),
                digest=blake2b(source, digest_size=16).digest(),
                is_test=_is_test(path, each, around) and _FIXTURE.search(decorators) is None,
            )
    return found


def function_of(test: str) -> str:
    """The dotted name of the function that a node id (`test_cart.py::TestCart::test_total[3]`) names; "" for a file's."""
    path, _, name = test.partition("::")
    if path.endswith(".go"):
        return name.partition("/")[0]
    return name.partition("[")[0].replace("::", ".")


def node_id(path: str, function: str) -> str:
    """The node id of a function by its dotted name: it stands for all its cases."""
    return f"{path}::{function.replace('.', '::')}"


def _is_test(path: str, definition: Definition, around: Mapping[str, Definition]) -> bool:
    name = definition.name
    if path.endswith("_test.go"):
        after = name.removeprefix("Test")
        takes_t = "testing.T)" in definition.signature  # which TestMain does not
        return definition.kind == "function" and takes_t and after != name and not after[:1].islower()
    if not path.endswith(".py") or PurePosixPath(path).name == "conftest.py":
        return False
    return name.startswith("test") and all(_holds_tests(each) for each in _scopes(definition, around))


def _scopes(definition: Definition, around: Mapping[str, Definition]) -> list[Definition | None]:
    scope, found = definition.scope, []
    while scope:
        found.append(around.get(scope))
        scope = scope.rpartition(".")[0]
    return found


def _holds_tests(scope: Definition | None) -> bool:
    if scope is None or scope.kind != "class":
        return False
    return scope.name.startswith("Test") or "TestCase" in scope.signature

"""Runs a language's query over a tree: what the text defines, refers to and imports, still as offsets of bytes."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from tree_sitter import Node, QueryCursor

from tercet_server.languages.parsing import ParsedText

_HOLDERS = frozenset({"class", "struct", "interface", "trait", "enum", "scope"})
"""Kinds of definitions whose functions are methods."""

_ROLES = frozenset({"definition", "reference", "scope", "import"})

_NAME_CHARACTERS = 200
_SCOPE_CHARACTERS = 500
_MATCHES_IN_PROGRESS = 10_000
_DEPTH = 1000
"""Deeper in the tree no match begins: a query's time grows with the square of the depth."""


@dataclass(slots=True)
class Found:
    """One definition. Offsets are in bytes; `declaration` starts after the decorators that `start` includes."""

    name: str
    kind: str
    start: int
    end: int
    declaration: int
    body: int | None
    name_start: int
    name_end: int
    owner: str = ""
    doc: Node | None = None
    scope: str = ""


@dataclass(slots=True)
class Reading:
    """All that a query found. References are (name, offset, kind); imports have the name that they take from a module."""

    definitions: list[Found] = field(default_factory=list)
    references: list[tuple[str, int, str]] = field(default_factory=list)
    imports: list[tuple[str, str]] = field(default_factory=list)


def read(parsed: ParsedText) -> Reading:
    """In document order; empty if the language has no usable query."""
    reading = Reading()
    if parsed.query is None:
        return reading
    patterns: dict[int, tuple[str, str, str]] = {}
    definitions: dict[int, tuple[int, Found]] = {}
    references: dict[int, tuple[int, str, str]] = {}
    data = parsed.data
    # Of two patterns that name the same place, the first in the query files wins.
    cursor = QueryCursor(parsed.query, match_limit=_MATCHES_IN_PROGRESS)
    cursor.set_max_start_depth(_DEPTH)
    for index, captures in cursor.matches(parsed.root):
        role, kind, capture = patterns.get(index) or patterns.setdefault(index, _pattern(captures))
        if role == "reference":
            for node in captures["name"]:
                start = node.start_byte
                earlier = references.get(start)
                if earlier is None or index < earlier[0]:
                    references[start] = (index, data[start : node.end_byte].decode("utf-8", "replace"), kind)
        elif role == "import":
            reading.imports.extend(_imports(parsed, captures))
        else:
            for found in _found(parsed, captures, capture, kind):
                known = definitions.get(found.name_start)
                if known is None or index < known[0]:
                    definitions[found.name_start] = (index, found)
    reading.references = [
        (name, start, kind) for start, (_, name, kind) in references.items() if start not in definitions
    ]
    reading.definitions = _scoped([found for _, found in definitions.values()])
    return reading


def _pattern(captures: dict[str, list[Node]]) -> tuple[str, str, str]:
    """What a pattern is for (`definition`, `reference`, `scope`, `import`), its kind, and the capture that says so."""
    said = next(name for name in captures if name.split(".")[0] in _ROLES)
    role, _, kind = said.partition(".")
    return role, kind or role, said


def _found(parsed: ParsedText, captures: dict[str, list[Node]], capture: str, kind: str) -> Iterator[Found]:
    declaration = captures[capture][0]
    whole = captures["whole"][0] if "whole" in captures else declaration
    body = declaration.child_by_field_name("body")
    owner = ".".join(_name(parsed, each).partition("<")[0] for each in captures.get("owner", ()))
    for name in captures["name"]:
        yield Found(
            name=_name(parsed, name),
            kind=kind,
            start=whole.start_byte,
            end=whole.end_byte,
            declaration=declaration.start_byte,
            body=body.start_byte if body is not None else None,
            name_start=name.start_byte,
            name_end=name.end_byte,
            owner=owner,
            doc=captures["doc"][0] if "doc" in captures else None,
        )


def _name(parsed: ParsedText, node: Node) -> str:
    """Without what marks it as a string or a symbol."""
    name = " ".join(parsed.source(node.start_byte, node.end_byte).split())[:_NAME_CHARACTERS]
    return name[1:-1] if len(name) > 2 and name[0] in "\"'`" and name[-1] == name[0] else name.lstrip(":")


def _imports(parsed: ParsedText, captures: dict[str, list[Node]]) -> Iterator[tuple[str, str]]:
    names = captures.get("import.name", [None])
    for module in captures["import"]:
        for name in names:
            taken = parsed.source(name.start_byte, name.end_byte) if name is not None else ""
            yield parsed.source(module.start_byte, module.end_byte), taken


def _scoped(found: list[Found]) -> list[Found]:
    """In document order, each with the names around it. What only gives a scope (Rust's `impl`) is dropped."""
    found.sort(key=lambda each: (each.start, -each.end, each.name_start))
    around: list[Found] = []
    for each in found:
        while around and (around[-1].end < each.end or (around[-1].start == each.start and around[-1].end == each.end)):
            around.pop()
        holder = around[-1] if around else None
        if holder is not None:
            each.scope = _dotted(holder.scope, holder.name)
            each.kind = "method" if each.kind == "function" and holder.kind in _HOLDERS else each.kind
        if each.owner and not f".{each.scope}".endswith(f".{each.owner}"):
            each.scope = _dotted(each.scope, each.owner)
        around.append(each)
    return [each for each in found if each.kind != "scope"]


def _dotted(scope: str, name: str) -> str:
    """Of definitions nested beyond reason the innermost are left out: thousands of them must not fill the memory."""
    return (f"{scope}.{name}" if scope else name) if len(scope) < _SCOPE_CHARACTERS else scope

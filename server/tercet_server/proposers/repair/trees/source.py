"""A parsed file of some language as the operators see it: its nodes, where they stand in the text, and the names around them.

Offsets of nodes are bytes; those of mutations are code points.
"""

from collections.abc import Iterator
from functools import cached_property
from itertools import accumulate
from typing import Any

from tercet_server.languages import ParsedText, language_of, parse
from tercet_server.proposers.repair.mutation import Mutation, Operator
from tercet_server.proposers.repair.trees.dialect import Dialect, dialect_of

Node = Any
"""tree-sitter's; its types belong to `languages`."""

MOST_NODES = 200_000
RETURNS = ("return_statement", "return_expression")


class Source:
    """Blocking: parses. Make it in a thread."""

    def __init__(self, text: str, parsed: ParsedText, dialect: Dialect) -> None:
        self.text = text
        self.dialect = dialect
        self.root: Node = parsed.root
        self._parsed = parsed
        self.nodes: list[Node] = list(_preorder(self.root))

    # -- positions

    def at(self, offset: int) -> int:
        """The code point at an offset of bytes."""
        return offset if self._characters is None else self._characters[offset]

    @cached_property
    def _characters(self) -> list[int] | None:
        data = self._parsed.data
        if data.isascii():
            return None
        return list(accumulate((byte & 0xC0 != 0x80 for byte in data), initial=0))

    def code(self, node: Node) -> str:
        return self._parsed.source(node.start_byte, node.end_byte)

    def line(self, node: Node) -> int:
        return int(node.start_point[0])

    def indentation(self, node: Node) -> str:
        """The white space before the first thing in the node's line."""
        start = self.text.rfind("\n", 0, self.at(node.start_byte)) + 1
        line = self.text[start : self.at(node.start_byte)]
        return line[: len(line) - len(line.lstrip())]

    # -- edits

    def replace(self, node: Node, new: str, operator: Operator, weight: float = 1.0) -> Mutation:
        return self.span(node, node, new, operator, weight)

    def span(self, first: Node, last: Node, new: str, operator: Operator, weight: float = 1.0) -> Mutation:
        """From the start of one node to the end of another."""
        start, end = self.at(first.start_byte), self.at(last.end_byte)
        return Mutation(start, end, new, operator, self.line(first), weight)

    def before(self, node: Node, new: str, operator: Operator, weight: float = 1.0) -> Mutation:
        """Something on a line of its own before a statement, indented like it."""
        start = self.at(node.start_byte)
        return Mutation(start, start, f"{new}\n{self.indentation(node)}", operator, self.line(node), weight)

    # -- surroundings

    def function_of(self, node: Node) -> Node | None:
        """The innermost function around a node."""
        around = node.parent
        while around is not None and around.type not in self.dialect.function:
            around = around.parent
        return around

    def function_name_at(self, offset: int) -> str:
        """The name of the innermost named function around a code point, or nothing."""
        name = ""
        for each in self.nodes:
            if each.type in self.dialect.function and self.at(each.start_byte) <= offset < self.at(each.end_byte):
                named = each.child_by_field_name("name")
                name = self.code(named) if named is not None else name
        return name

    def names_near(self, node: Node) -> list[str]:
        """The variables that the function around a node speaks of, in the order in which they appear there."""
        function = self.function_of(node)
        return self._names_of(function.id if function is not None else -1, function or self.root)

    def _names_of(self, key: int, node: Node) -> list[str]:
        if key not in self._names:
            self._names[key] = list(
                dict.fromkeys(self.code(each) for each in _preorder(node) if self.is_variable(each))
            )
        return self._names[key]

    @cached_property
    def _names(self) -> dict[int, list[str]]:
        return {}

    def is_variable(self, node: Node) -> bool:
        """A name that is not what is called, nor a field after a dot, nor the name of a definition."""
        if node.type not in self.dialect.name or node.parent is None:
            return False
        parent = node.parent
        called = parent.child_by_field_name(self.dialect.callee) if parent.type in self.dialect.call else None
        named = parent.child_by_field_name("name") if parent.type in self.dialect.function else None
        return not any(other is not None and other.id == node.id for other in (called, named)) and not _qualifies(node)

    def parameters(self, function: Node) -> list[str]:
        """The names of a function's parameters, as far as they are plain."""
        listed = function.child_by_field_name("parameters") or function.child_by_field_name("parameter")
        if listed is None:
            return []
        names = (self.code(each) for each in _preorder(listed) if each.type in self.dialect.name)
        return list(dict.fromkeys(names))

    def returned(self, function: Node) -> list[str]:
        """What the function returns elsewhere, in its own words."""
        returns = (each for each in _preorder(function) if each.type in RETURNS and each.named_child_count)
        return list(dict.fromkeys(self.code(each.named_children[0]) for each in returns))

    @cached_property
    def strings(self) -> list[str]:
        return list(dict.fromkeys(self.code(each) for each in self.nodes if each.type in self.dialect.string))

    @cached_property
    def numbers(self) -> list[str]:
        return list(dict.fromkeys(self.code(each) for each in self.nodes if each.type in self.dialect.number))

    @cached_property
    def members(self) -> list[str]:
        return list(dict.fromkeys(self.code(each) for each in self.nodes if each.type in self.dialect.member))


def source_of(path: str, text: str) -> Source | None:
    """None for a language that the search does not know, and for a text that cannot be parsed."""
    language = language_of(path, text)
    dialect = dialect_of(language.name) if language is not None else None
    parsed = parse(text, language) if language is not None and dialect is not None else None
    if parsed is None or dialect is None:
        return None
    return Source(text, parsed, dialect)


def is_sound(path: str, text: str) -> bool:
    """Whether a text has no syntax error."""
    language = language_of(path, text)
    parsed = parse(text, language) if language is not None else None
    return parsed is not None and not parsed.root.has_error


def _qualifies(node: Node) -> bool:
    """`math` of `math.Max`: a package or class rather than a variable, by its capital or its place, cannot be told; a
    name before a dot counts, one after it does not."""
    parent = node.parent
    member = parent.child_by_field_name("field") or parent.child_by_field_name("property")
    return member is not None and member.id == node.id


def _preorder(root: Node) -> Iterator[Node]:
    pending, count = [root], 0
    while pending and count < MOST_NODES:
        node = pending.pop()
        count += 1
        yield node
        pending.extend(reversed(node.children))

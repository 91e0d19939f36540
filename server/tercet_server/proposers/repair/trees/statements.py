"""Operators that change statements: what is returned, a guard that is missing, a statement too many or in the wrong place."""

from collections.abc import Iterator

from tercet_server.proposers.repair.mutation import Mutation, Operator
from tercet_server.proposers.repair.trees.source import RETURNS, Node, Source

_MOST_NAMES = 12
_MOST_GUARDS = 60


def mutations_of_statement(source: Source, node: Node) -> Iterator[Mutation]:
    """What every operator suggests at one statement."""
    if node.type in RETURNS:
        yield from _returned(source, node)
    if node.type not in source.dialect.statement or node.parent is None:
        return
    if node.type in ("break_statement", "continue_statement"):
        other = "continue" if node.type == "break_statement" else "break"
        yield source.replace(node, other + source.dialect.terminator, Operator.JUMP)
    if node.parent.type in source.dialect.block:
        yield from _removed(source, node)
        yield from _guarded(source, node)


def _returned(source: Source, node: Node) -> Iterator[Mutation]:
    if not node.named_child_count:
        return
    value = node.named_children[0]
    text = source.code(value)
    function = source.function_of(node)
    others = source.returned(function) if function is not None else []
    for new in [*others, *source.names_near(node)[:_MOST_NAMES]]:
        if new != text:
            yield source.replace(value, new, Operator.RETURN_VALUE)
    for new in source.dialect.nothing:
        if new != text:
            yield source.replace(value, new, Operator.RETURN_VALUE, 0.3)
    if value.type not in source.dialect.string and not any(each in text for each in (",", "\n")):
        atom = f"({text})" if value.type in source.dialect.binary else text
        yield source.replace(value, f"!{atom}", Operator.RETURN_VALUE, 0.5)
        yield source.replace(value, f"{atom} + 1", Operator.OFF_BY_ONE, 0.5)
        yield source.replace(value, f"{atom} - 1", Operator.OFF_BY_ONE, 0.5)


def _removed(source: Source, node: Node) -> Iterator[Mutation]:
    """The statement deleted, exchanged with the next, or put behind the block that it ends."""
    if "declarat" not in node.type:
        yield source.replace(node, "", Operator.STATEMENT_DELETE)
    after = node.next_named_sibling
    if after is not None and after.type in source.dialect.statement:
        between = source.text[source.at(node.end_byte) : source.at(after.start_byte)]
        if not between.strip():
            swapped = f"{source.code(after)}{between}{source.code(node)}"
            yield source.span(node, after, swapped, Operator.STATEMENT_SWAP)


def _guarded(source: Source, node: Node) -> Iterator[Mutation]:
    """An early return for a parameter that is empty, before the first statements of a function."""
    function = source.function_of(node)
    body = function.child_by_field_name("body") if function is not None else None
    if function is None or body is None or not _is_first(source, node, body):
        return
    values = list(dict.fromkeys([*source.returned(function), *source.dialect.nothing]))
    indent = source.indentation(node)
    count = 0
    for name in source.parameters(function):
        for pattern in source.dialect.empty:
            for rank, value in enumerate(values[:6]):
                condition = pattern.replace("{name}", name)
                guard = source.dialect.guard.replace("{condition}", condition).replace("{value}", value)
                yield source.before(node, guard.replace("{indent}", indent), Operator.GUARD, 1.0 / (1 + rank))
                count += 1
                if count >= _MOST_GUARDS:
                    return


def _is_first(source: Source, node: Node, body: Node) -> bool:
    first = body
    while first.type in source.dialect.block and first.named_child_count:
        first = next((each for each in first.named_children if each.type != "comment"), first.named_children[0])
    return bool(first.id == node.id)

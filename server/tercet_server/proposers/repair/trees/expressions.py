"""Operators that change one expression: comparisons, arithmetic, conditions, literals, names, calls, indices."""

from collections.abc import Iterator
from itertools import pairwise

from tercet_server.proposers.repair.mutation import Mutation, Operator
from tercet_server.proposers.repair.trees.source import Node, Source

_BOUNDARY = {"<": "<=", "<=": "<", ">": ">=", ">=": ">"}
_DIRECTION = {"<": (">", ">="), "<=": (">=", ">"), ">": ("<", "<="), ">=": ("<=", "<")}
_ARITHMETIC = {"+": ("-", "*"), "-": ("+",), "*": ("/", "+"), "/": ("*", "%"), "%": ("/",), "**": ("*",)}
_BITWISE = {"&": ("|", "^"), "|": ("&", "^"), "^": ("|", "&"), "<<": (">>",), ">>": ("<<", ">>>"), ">>>": (">>",)}
_BOOLEAN = {"&&": "||", "||": "&&"}
_ASSIGN = {
    "+=": ("-=", "="),
    "-=": ("+=", "="),
    "*=": ("/=", "+="),
    "/=": ("*=",),
    "%=": ("/=",),
    "|=": ("&=",),
    "&=": ("|=",),
}
_MOST_NAMES = 25
_MOST_LITERALS = 12


def mutations_of_expression(source: Source, node: Node) -> Iterator[Mutation]:
    """What every operator suggests at one node."""
    dialect, kind = source.dialect, node.type
    if kind in dialect.binary:
        yield from _binary(source, node)
    if kind in dialect.unary:
        yield from _unary(source, node)
    if kind in dialect.call:
        yield from _call(source, node)
    if kind in dialect.number:
        yield from _number(source, node)
    if kind in dialect.string:
        yield from _string(source, node)
    if kind in dialect.truth:
        yield source.replace(node, next(each for each in dialect.truth if each != kind), Operator.CONSTANT)
    if kind in dialect.name or kind in dialect.member:
        yield from _name(source, node)
    if kind in dialect.index or kind in dialect.slice:
        yield from _index(source, node)
    if kind in dialect.assign or kind in ("update_expression", "inc_statement", "dec_statement"):
        yield from _assign(source, node)
    condition = node.child_by_field_name("condition") if kind in dialect.condition else None
    if condition is not None:
        yield from _condition(source, condition)
    if kind == "ternary_expression":
        yield from _branches(source, node)


# -- operators between operands


def _binary(source: Source, node: Node) -> Iterator[Mutation]:
    left, right, sign = (node.child_by_field_name(each) for each in ("left", "right", "operator"))
    if left is None or right is None or sign is None:
        return
    symbol = source.code(sign)
    for new, operator, weight in _other_symbols(source, symbol):
        yield source.replace(sign, new, operator, weight)
    if symbol in _BOUNDARY or any(symbol in pair for pair in source.dialect.equality):
        yield from _off_by_one(source, right, Operator.BOUND)
        yield from _off_by_one(source, left, Operator.BOUND, 0.5)
    if symbol in _ARITHMETIC:
        yield from _arithmetic(source, node, left, right, symbol)
    if symbol in _BOOLEAN:
        yield source.replace(node, source.code(left), Operator.CONJUNCT_DROP)
        yield source.replace(node, source.code(right), Operator.CONJUNCT_DROP)


def _other_symbols(source: Source, symbol: str) -> Iterator[tuple[str, Operator, float]]:
    if symbol in _BOUNDARY:
        yield _BOUNDARY[symbol], Operator.COMPARISON_BOUNDARY, 1.0
    for new in _DIRECTION.get(symbol, ()):
        yield new, Operator.COMPARISON_DIRECTION, 1.0
    for pair in source.dialect.equality:
        if symbol in pair:
            other = pair[1 - pair.index(symbol)]
            yield other, Operator.COMPARISON_EQUALITY, 1.0
            if pair is source.dialect.equality[0]:
                yield from ((new, Operator.COMPARISON_EQUALITY, 0.3) for new in ("<=", ">=", "<", ">"))
    for table, operator in ((_ARITHMETIC, Operator.ARITHMETIC), (_BITWISE, Operator.BITWISE)):
        for rank, new in enumerate(table.get(symbol, ())):
            yield new, operator, 1.0 / (1 + rank)
    if symbol in _BOOLEAN:
        yield _BOOLEAN[symbol], Operator.BOOLEAN, 1.0
    for new in source.dialect.also.get(symbol, ()):
        yield new, Operator.BOOLEAN, 0.7


def _arithmetic(source: Source, node: Node, left: Node, right: Node, symbol: str) -> Iterator[Mutation]:
    if symbol in ("-", "/", "%"):
        swapped = f"{_atom(source, right)} {symbol} {_atom(source, left)}"
        yield source.replace(node, swapped, Operator.OPERAND_SWAP)
    yield source.replace(node, source.code(left), Operator.OPERAND_DROP)
    yield source.replace(node, source.code(right), Operator.OPERAND_DROP)
    inner = left.child_by_field_name("operator") if left.type in source.dialect.binary else None
    if inner is not None:  # a + b * c for (a + b) * c, and the other way round
        first, second = left.child_by_field_name("left"), left.child_by_field_name("right")
        if first is not None and second is not None:
            grouped = f"{source.code(first)} {source.code(inner)} ({source.code(second)} {symbol} {source.code(right)})"
            yield source.replace(node, grouped, Operator.REGROUP)
    for operand in (left, right):
        if operand.type == "parenthesized_expression":
            yield source.replace(operand, source.code(operand)[1:-1].strip(), Operator.REGROUP)
    if right.type in source.dialect.binary:
        first, sign, second = (right.child_by_field_name(each) for each in ("left", "operator", "right"))
        if first is not None and sign is not None and second is not None:
            grouped = f"({source.code(left)} {symbol} {source.code(first)}) {source.code(sign)} {source.code(second)}"
            yield source.replace(node, grouped, Operator.REGROUP)


def _off_by_one(source: Source, node: Node, operator: Operator, weight: float = 1.0) -> Iterator[Mutation]:
    if node.type in source.dialect.string or node.type in source.dialect.number or node.type in source.dialect.truth:
        return
    text = _atom(source, node)
    yield source.replace(node, f"{text} - 1", operator, weight)
    yield source.replace(node, f"{text} + 1", operator, weight)


def _unary(source: Source, node: Node) -> Iterator[Mutation]:
    text = source.code(node)
    if text[:1] in ("!", "-") and not text.startswith("--"):
        operator = Operator.NEGATION if text[0] == "!" else Operator.ARITHMETIC
        yield source.replace(node, text[1:].strip(), operator)


def _condition(source: Source, node: Node) -> Iterator[Mutation]:
    inner = node.named_children[0] if node.type == "parenthesized_expression" and node.named_child_count else node
    if inner.type in source.dialect.unary and source.code(inner).startswith("!"):
        return  # the operator itself is dropped elsewhere
    yield source.replace(inner, f"!{_atom(source, inner)}", Operator.NEGATION)


def _branches(source: Source, node: Node) -> Iterator[Mutation]:
    yes, no = node.child_by_field_name("consequence"), node.child_by_field_name("alternative")
    if yes is not None and no is not None:
        swapped = f"{source.code(no)} : {source.code(yes)}"
        yield source.span(yes, no, swapped, Operator.CONDITIONAL)
        yield source.replace(node, source.code(yes), Operator.CONDITIONAL, 0.4)
        yield source.replace(node, source.code(no), Operator.CONDITIONAL, 0.4)


# -- literals and names


def _number(source: Source, node: Node) -> Iterator[Mutation]:
    text = source.code(node)
    try:
        value = int(text)
    except ValueError:
        value = None
    if value is not None:
        negative = f"-{text}" if value else ""
        for new in dict.fromkeys((str(value + 1), str(value - 1), "0", "1", negative)):
            if new and new != text:
                yield source.replace(node, new if not new.startswith("-") else f"({new})", Operator.CONSTANT)
    for new in source.numbers[:_MOST_LITERALS]:
        if new != text:
            yield source.replace(node, new, Operator.CONSTANT, 0.5)
    if node.parent is not None and value is not None and "declarat" in node.parent.type:
        for extreme in source.dialect.extremes:
            yield source.replace(node, extreme, Operator.INITIAL_VALUE)
    for name in source.names_near(node)[:_MOST_NAMES]:
        yield source.replace(node, name, Operator.EXPRESSION, 0.3)


def _string(source: Source, node: Node) -> Iterator[Mutation]:
    text = source.code(node)
    for new in source.strings[: 2 * _MOST_LITERALS]:
        if new != text:
            yield source.replace(node, new, Operator.CONSTANT)


def _name(source: Source, node: Node) -> Iterator[Mutation]:
    text = source.code(node)
    for new in source.dialect.relatives(text):
        yield source.replace(node, new, Operator.METHOD)
    if node.type in source.dialect.member:
        for new in source.members[:_MOST_NAMES]:
            if new != text:
                yield source.replace(node, new, Operator.ATTRIBUTE, _likeness(text, new))
    elif source.is_variable(node) and not _is_declared(node):
        for new in source.names_near(node)[:_MOST_NAMES]:
            if new != text:
                yield source.replace(node, new, Operator.NAME, _likeness(text, new))
        for new in source.numbers[:4]:
            yield source.replace(node, new, Operator.VARIABLE, 0.3)


def _is_declared(node: Node) -> bool:
    """Whether the name is being declared here, so that another would leave it undeclared."""
    parent = node.parent
    declared = parent.child_by_field_name("name") or parent.child_by_field_name("pattern")
    return (declared is not None and declared.id == node.id) or "parameter" in parent.type


def _likeness(one: str, other: str) -> float:
    """Names of one shape are taken for each other: of like length, with like letters."""
    shared = len(set(one) & set(other)) / max(1, len(set(one) | set(other)))
    return 0.3 + shared


# -- calls, indices, assignments


def _call(source: Source, node: Node) -> Iterator[Mutation]:
    listed = node.child_by_field_name("arguments")
    arguments = [] if listed is None else [each for each in listed.named_children if each.type != "comment"]
    for first, second in pairwise(arguments):
        swapped = f"{source.code(second)}, {source.code(first)}"
        yield source.span(first, second, swapped, Operator.ARGUMENT_SWAP)
    for argument in arguments:
        yield from _off_by_one(source, argument, Operator.OFF_BY_ONE, 0.5)
    if len(arguments) == 1:
        yield source.replace(node, source.code(arguments[0]), Operator.CALL_UNWRAP)
    if len(arguments) > 1:
        kept = ", ".join(source.code(each) for each in arguments[:-1])
        yield source.span(arguments[0], arguments[-1], kept, Operator.ARGUMENT_DROP)


def _index(source: Source, node: Node) -> Iterator[Mutation]:
    fields = [node.child_by_field_name(each) for each in ("index", "start", "end")]
    found = [each for each in fields if each is not None]
    if not found and node.named_child_count > 1:
        found = [node.named_children[-1]]
    for each in found:
        yield from _off_by_one(source, each, Operator.OFF_BY_ONE)
        if each.type in source.dialect.binary:
            left = each.child_by_field_name("left")
            if left is not None:
                yield source.replace(each, source.code(left), Operator.OFF_BY_ONE)


def _assign(source: Source, node: Node) -> Iterator[Mutation]:
    sign = node.child_by_field_name("operator") or next((each for each in node.children if not each.is_named), None)
    if sign is None:
        return
    symbol = source.code(sign)
    for new in _ASSIGN.get(symbol, ()):
        yield source.replace(sign, new, Operator.AUGMENTED)
    if symbol in ("++", "--"):
        yield source.replace(sign, "--" if symbol == "++" else "++", Operator.AUGMENTED)
    if symbol == "=":
        yield source.replace(sign, "+=", Operator.AUGMENTED, 0.5)


def _atom(source: Source, node: Node) -> str:
    """The expression so that an operator beside it does not tear it apart."""
    text = source.code(node)
    composed = node.type in source.dialect.binary or node.type in ("ternary_expression", "assignment_expression")
    return f"({text})" if composed else text

"""Inline variable: a local variable's value takes the place of its uses, and its assignment goes. Pure.

Offered for a constant, and for any value that is used once, in the very next statement, at a place where evaluating it is the
same (see `order`): what extracting a variable would lead to, backwards.
"""

from __future__ import annotations

import ast

from tercet_server.refactoring import proof
from tercet_server.refactoring.order import evaluated_before, may_move_before
from tercet_server.refactoring.outcome import Change, Refused, Replacement, applied
from tercet_server.refactoring.places import (
    end_of_lines,
    function_around,
    line_of,
    outermost,
    refuse_inspection,
    stretch_of,
)
from tercet_server.refactoring.scopes import bound_by, function_bindings, names_in, own_nodes
from tercet_server.refactoring.selection import Selection, block_of, blocks
from tercet_server.refactoring.source import Function

TITLE = "Inline variable"

_FIXED = (ast.Yield, ast.YieldFrom, ast.NamedExpr)


def inline_variable(selected: Selection) -> Change | None:
    """None where no local variable of a function is selected. Raises Refused."""
    name, function = selected.path[-1], function_around(selected)
    if not isinstance(name, ast.Name) or selected.statements or function is None:
        return None
    if not selected.is_empty and selected.span != selected.source.span(name):
        return None
    if name.id not in function_bindings(function):
        return None
    refuse_inspection(selected)
    assignment, block = _assignment(function, name.id)
    uses = _uses(selected, name.id)
    if block[0] is assignment and _begins_with_text(block[1:]):
        raise Refused("What follows would become a docstring.")
    if name.id in names_in([assignment.value]) or any(isinstance(each, _FIXED) for each in ast.walk(assignment.value)):
        raise Refused("Its value cannot be moved: it is made of itself, by a `yield`, or by setting another variable.")
    if isinstance(assignment.value, ast.Constant) and _is_compared_by_identity(selected, uses):
        raise Refused("It is compared with `is`, which is for no literal.")
    if not _is_constant(assignment.value):
        _refuse_unless_next(selected, assignment, block, uses)
    return _change(selected, assignment, uses)


def _assignment(function: Function, name: str) -> tuple[ast.Assign, list[ast.stmt]]:
    """The only one to the variable, and the block that it is in."""
    nodes = list(own_nodes(function.body))
    found = [each for each in nodes if isinstance(each, ast.Assign) and proof.is_assignment_to(each, name)]
    if len(found) != 1 or function_bindings(function)[name] != 1:
        raise Refused("It is not set by exactly one plain assignment.")
    owners = [each for each in (function, *nodes) if any(found[0] is one for block in blocks(each) for one in block)]
    return found[0], block_of(owners, found[0])


def _uses(selected: Selection, name: str) -> list[ast.Name]:
    """Every read of it, in the order of the text."""
    nodes = list(ast.walk(outermost(selected)))
    reads = [
        each for each in nodes if isinstance(each, ast.Name) and each.id == name and isinstance(each.ctx, ast.Load)
    ]
    if not reads:
        raise Refused("It is never read.")
    if sum(name in bound_by(each) for each in nodes) != 1 or name in selected.source.rebound:
        raise Refused("A function around it or inside it has a variable of the same name.")
    for node in nodes:
        if any(each in reads for root in _fixed_places(node) for each in ast.walk(root)):
            raise Refused("It is used in an f-string or an annotation, or stands as a statement of its own.")
    return sorted(reads, key=lambda each: (each.lineno, each.col_offset))


def _fixed_places(node: ast.AST) -> list[ast.AST]:
    """Parts of a node in which nothing can be replaced, or not without meaning something else."""
    if isinstance(node, ast.JoinedStr):
        return [node]
    if isinstance(node, ast.Expr) and isinstance(node.value, ast.Name):
        return [node.value]
    annotations = (getattr(node, "annotation", None), getattr(node, "returns", None))
    return [each for each in annotations if isinstance(each, ast.expr)]


def _refuse_unless_next(
    selected: Selection, assignment: ast.Assign, block: list[ast.stmt], uses: list[ast.Name]
) -> None:
    if len(uses) != 1:
        raise Refused("It is read more than once, and its value would be made anew each time.")
    source, position = selected.source, next(at for at, each in enumerate(block) if each is assignment)
    following = block[position + 1] if position + 1 < len(block) else None
    path = source.path(source.span(uses[0]))
    innermost = max((at for at, each in enumerate(path) if isinstance(each, ast.stmt)), default=0)
    if path[innermost] is not following:
        raise Refused("It is not read in the statement that follows.")
    while path[-1] is not uses[0]:
        path.pop()
    if not may_move_before(source, assignment.value, evaluated_before(source, path[innermost:])):
        raise Refused("What is evaluated before it in that statement might make a difference.")


def _change(selected: Selection, assignment: ast.Assign, uses: list[ast.Name]) -> Change:
    source, name = selected.source, uses[0].id
    start, _ = line_of(source, assignment)
    end = end_of_lines(source, assignment, with_comment=False)
    before, code = source.text[start : source.span(assignment.value)[0]], source.code(assignment.value)
    if "#" in before or "#" in source.text[source.span(assignment.value)[1] : end]:
        raise Refused("The comment in the assignment would be lost.")
    spans = [source.span(each) for each in uses]
    for written in (code, f"({code})"):
        used = tuple(Replacement(*span, written) for span in spans)
        replacements = (Replacement(start, end, ""), *used)
        if _is_proved(selected, replacements, name):
            return Change(f"{TITLE} `{name}`", replacements)
    raise Refused("There is no way to write its value in its place.")


def _is_proved(selected: Selection, replacements: tuple[Replacement, ...], name: str) -> bool:
    text, (start, end) = selected.source.text, stretch_of(selected)
    try:
        after = proof.statements_of(applied(text, start, end, replacements))
        proof.must_be_same(proof.inlined(proof.statements_of(text[start:end]), name), after)
    except Refused:
        return False
    return True


def _is_compared_by_identity(selected: Selection, uses: list[ast.Name]) -> bool:
    compared = (each for each in ast.walk(outermost(selected)) if isinstance(each, ast.Compare))
    by_identity = (each for each in compared if any(isinstance(op, ast.Is | ast.IsNot) for op in each.ops))
    return any(each in uses for one in by_identity for each in (one.left, *one.comparators))


def _begins_with_text(statements: list[ast.stmt]) -> bool:
    return any(isinstance(each, ast.Expr) and isinstance(each.value, ast.Constant) for each in statements[:1])


def _is_constant(node: ast.expr) -> bool:
    """A value that is the same however often it is made."""
    if isinstance(node, ast.UnaryOp) and isinstance(node.operand, ast.Constant):
        return isinstance(node.op, ast.USub) and isinstance(node.operand.value, int | float)
    return isinstance(node, ast.Constant)

"""Proves that an edit did what was meant: the text that it leaves compiles, and taken back on the tree it is what was before.

So whatever goes wrong in brackets, indentation, strings or adjacent words shows before anything is offered. Pure.
"""

from __future__ import annotations

import ast
from collections.abc import Callable

from tercet_server.languages.quietly import without_warnings
from tercet_server.refactoring.outcome import Refused

_FAILED = "It cannot be shown that the code would stay the same."


def statements_of(lines: str) -> list[ast.stmt]:
    """The statements of whole lines, indented or not. Raises Refused for what is no Python."""
    is_indented = lines[:1].isspace()
    try:
        with without_warnings():
            tree = ast.parse("if 1:\n" + lines if is_indented else lines)
            compile(tree, "<refactored>", "exec", dont_inherit=True)  # an `await` out of place shows only here
    except (SyntaxError, ValueError) as error:
        raise Refused(_FAILED) from error
    if not is_indented:
        return tree.body
    (block,) = tree.body
    return block.body if isinstance(block, ast.If) else []


def inlined(statements: list[ast.stmt], name: str) -> list[ast.stmt]:
    """The statements (changed in place) without the only assignment to `name`, and its value in place of each use.

    Raises Refused unless there is exactly one assignment, and the uses are in statements after it in its block.
    """
    holders = [
        (block, at) for block in blocks_in(statements) for at, each in enumerate(block) if is_assignment_to(each, name)
    ]
    if len(holders) != 1:
        raise Refused(_FAILED)
    block, at = holders[0]
    assignment = block.pop(at)
    assert isinstance(assignment, ast.Assign)
    block[at:] = [replaced(each, lambda node: _is_load(node, name), assignment.value) for each in block[at:]]
    if any(isinstance(node, ast.Name) and node.id == name for root in statements for node in ast.walk(root)):
        raise Refused(_FAILED)
    return statements


def replaced(root: ast.stmt, wanted: Callable[[ast.AST], bool], by: ast.AST) -> ast.stmt:
    """The same tree, changed in place, with another in place of every node that is wanted."""

    class Replacing(ast.NodeTransformer):
        def visit(self, node: ast.AST) -> ast.AST:
            return by if wanted(node) else self.generic_visit(node)

    changed = Replacing().visit(root)
    assert isinstance(changed, ast.stmt)
    return changed


def must_be_same(one: object, other: object) -> None:
    """Raises Refused unless two trees are alike but for where they stand in the text."""
    pending = [(one, other)]
    while pending:
        left, right = pending.pop()
        if type(left) is not type(right):
            raise Refused(_FAILED)
        if isinstance(left, list) and isinstance(right, list):
            if len(left) != len(right):
                raise Refused(_FAILED)
            pending += zip(left, right, strict=True)
        elif isinstance(left, ast.AST):
            pending += [(getattr(left, each, None), getattr(right, each, None)) for each in left._fields]
        elif repr(left) != repr(right):  # so that -0.0 is not 0.0
            raise Refused(_FAILED)


def blocks_in(statements: list[ast.stmt]) -> list[list[ast.stmt]]:
    """Every list of statements, these themselves first."""
    found, pending = [statements], list[ast.AST](statements)
    while pending:
        node = pending.pop()
        for _, value in ast.iter_fields(node):
            if isinstance(value, list) and value and isinstance(value[0], ast.stmt):
                found.append(value)
        pending += ast.iter_child_nodes(node)
    return found


def is_assignment_to(statement: ast.stmt, name: str) -> bool:
    return (
        isinstance(statement, ast.Assign)
        and len(statement.targets) == 1
        and isinstance(statement.targets[0], ast.Name)
        and statement.targets[0].id == name
    )


def _is_load(node: ast.AST, name: str) -> bool:
    return isinstance(node, ast.Name) and node.id == name and isinstance(node.ctx, ast.Load)

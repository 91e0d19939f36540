"""Extract variable: an expression gets a name, in a statement of its own just before the one that it stands in. Pure.

Offered where its value is the same there: evaluated exactly once whenever the statement is run, in the same scope, with nothing
evaluated before it that could make a difference (see `order`).
"""

from __future__ import annotations

import ast

from tercet_server.refactoring import proof
from tercet_server.refactoring.naming import variable_name
from tercet_server.refactoring.order import evaluated_before, may_move_before
from tercet_server.refactoring.outcome import Change, Refused, Replacement, applied
from tercet_server.refactoring.places import (
    line_of,
    outermost,
    refuse_inspection,
    refuse_listed_globals,
    refuse_unmovable,
    stretch_of,
)
from tercet_server.refactoring.selection import Selection

TITLE = "Extract variable"


def extract_variable(selected: Selection) -> Change | None:
    """None where nothing, or statements, are selected. Raises Refused."""
    if selected.is_empty or selected.statements:
        return None
    value = selected.expression
    if value is None:
        raise Refused("Select one whole expression, such as a call or a sum.")
    source, path = selected.source, selected.statement_path
    refuse_unmovable(value, path)
    if isinstance(value, ast.Name) or (isinstance(path[0], ast.Expr) and path[0].value is value):
        raise Refused("A name for this would change nothing: it has one, or its value is not used.")
    if isinstance(selected.scope, ast.ClassDef):
        raise Refused("A variable here would become an attribute of the class.")
    refuse_inspection(selected)
    if not may_move_before(source, value, evaluated_before(source, path)):
        raise Refused("What is evaluated before it in the same statement might make a difference.")
    if isinstance(selected.scope, ast.Module):
        refuse_listed_globals(source)
        return _change(selected, value, variable_name(value, source.tree.body, prefix="_"))
    return _change(selected, value, variable_name(value, [outermost(selected)]))


def _change(selected: Selection, value: ast.expr, name: str) -> Change:
    """The first way of writing it that is proved."""
    source, statement = selected.source, selected.statement_path[0]
    assert isinstance(statement, ast.stmt)
    start, indent = line_of(source, statement)
    code, (first, last) = source.code(value), source.span(value)
    for written in (code, f"({code})"):
        for used in (name, f"({name})"):
            assignment = Replacement(start, start, f"{indent}{name} = {written}{source.newline}")
            replacements = (assignment, Replacement(first, last, used))
            if _is_proved(selected, replacements, name):
                return Change(f"{TITLE} `{name}`", replacements)
    raise Refused("There is no way to write it apart from its statement.")


def _is_proved(selected: Selection, replacements: tuple[Replacement, ...], name: str) -> bool:
    """Whether inlining the new variable gives back what was there."""
    text, (start, end) = selected.source.text, stretch_of(selected)
    try:
        after = proof.statements_of(applied(text, start, end, replacements))
        proof.must_be_same(proof.inlined(after, name), proof.statements_of(text[start:end]))
    except Refused:
        return False
    return True

"""Extract function: an expression, or statements of a function, become a function of the file that is called instead. Pure.

What is extracted reads its parameters, sets what it returns, and has no other tie to the function that it came from: no `yield`,
no jump out of it, no variable that is shared with a closure or seen half done when an exception breaks it off.
"""

from __future__ import annotations

import ast

from tercet_server.refactoring import proof
from tercet_server.refactoring.function_parts import Parts, parts_of_expression, parts_of_statements
from tercet_server.refactoring.function_text import body_of, indent_step
from tercet_server.refactoring.homes import Home, home_of
from tercet_server.refactoring.outcome import Change, Refused, Replacement, applied
from tercet_server.refactoring.places import (
    end_of_lines,
    line_of,
    refuse_inspection,
    refuse_listed_globals,
    refuse_unmovable,
    stretch_of,
)
from tercet_server.refactoring.selection import Selection

TITLE = "Extract function"


def extract_function(selected: Selection) -> Change | None:
    """None where nothing is selected. Raises Refused."""
    if selected.is_empty:
        return None
    if selected.statements:
        parts = parts_of_statements(selected)
    elif selected.expression is not None:
        refuse_unmovable(selected.expression, selected.statement_path)
        parts = parts_of_expression(selected)
    else:
        raise Refused("Select one whole expression, or whole statements of one block.")
    refuse_inspection(selected)
    refuse_listed_globals(selected.source)
    home = home_of(selected)
    return _of_statements(selected, parts, home) if selected.statements else _of_expression(selected, parts, home)


def _of_expression(selected: Selection, parts: Parts, home: Home) -> Change:
    source, value = selected.source, selected.expression
    assert value is not None
    call = _call(home, parts)
    for written in (source.code(value), f"({source.code(value)})"):
        definition = _definition(selected, call, f"{indent_step(selected)}return {written}{source.newline}")
        for used in (call, f"({call})"):
            use = Replacement(*source.span(value), used)
            try:
                _prove_expression(selected, home.name, definition, use)
            except Refused:
                continue
            return _change(selected, home, definition, use)
    raise Refused("There is no way to write it as a function.")


def _of_statements(selected: Selection, parts: Parts, home: Home) -> Change:
    source, statements = selected.source, selected.statements
    start, indent = line_of(source, statements[0])
    end = end_of_lines(source, statements[-1], with_comment=True)
    call, results, inner = _call(home, parts), ", ".join(parts.results), indent_step(selected)
    body = body_of(source, (start, end), indent, inner)
    if results:
        body += f"{inner}return {results}{source.newline}"
    definition = _definition(selected, call, body)
    before = f"{results} = " if results else "return " if parts.is_end else ""
    use = Replacement(start, end, f"{indent}{before}{call}{source.newline}")
    _prove_statements(selected, parts, home.name, definition, use)
    return _change(selected, home, definition, use)


# -- its text --------------------------------------------------------------------------------------------------------------


def _call(home: Home, parts: Parts) -> str:
    return f"{home.name}({', '.join(parts.parameters)})"


def _definition(selected: Selection, call: str, body: str) -> str:
    """Its parameters are called as what it is called with."""
    return f"def {call}:{selected.source.newline}{body}"


def _change(selected: Selection, home: Home, definition: str, use: Replacement) -> Change:
    two_lines = selected.source.newline * 2
    insertion = Replacement(home.offset, home.offset, f"{definition}{two_lines}")
    return Change(f"{TITLE} `{home.name}`", (insertion, use))


# -- its proof -------------------------------------------------------------------------------------------------------------


def _prove_expression(selected: Selection, name: str, definition: str, use: Replacement) -> None:
    """Raises Refused unless the call stands where the value stood, and the function returns that value."""
    (returned,) = _made(definition).body
    after = _after(selected, use)
    assert isinstance(returned, ast.Return)
    assert returned.value is not None
    if sum(_is_call(node, name) for root in after for node in ast.walk(root)) != 1:
        raise Refused(_NOT_ONE)
    put_back = [proof.replaced(each, lambda node: _is_call(node, name), returned.value) for each in after]
    proof.must_be_same(put_back, _before(selected))


def _prove_statements(selected: Selection, parts: Parts, name: str, definition: str, use: Replacement) -> None:
    """Raises Refused unless the call stands where the statements stood, and they are the function's body."""
    made, after = _made(definition), _after(selected, use)
    holders = [
        (block, at)
        for block in proof.blocks_in(after)
        for at, each in enumerate(block)
        if _is_call(getattr(each, "value", None), name)
    ]
    if len(holders) != 1:
        raise Refused(_NOT_ONE)
    block, at = holders[0]
    block[at : at + 1] = made.body[:-1] if parts.results else made.body
    proof.must_be_same(after, _before(selected))


_NOT_ONE = "It cannot be shown that the function would be called once."


def _made(definition: str) -> ast.FunctionDef:
    made = proof.statements_of(definition)
    if len(made) != 1 or not isinstance(made[0], ast.FunctionDef):
        raise Refused(_NOT_ONE)
    return made[0]


def _before(selected: Selection) -> list[ast.stmt]:
    return proof.statements_of(selected.source.text[slice(*stretch_of(selected))])


def _after(selected: Selection, use: Replacement) -> list[ast.stmt]:
    return proof.statements_of(applied(selected.source.text, *stretch_of(selected), (use,)))


def _is_call(node: ast.AST | None, name: str) -> bool:
    return isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == name

"""Edits of whole lines: statements put before, after or around another, with the indentation that their place needs."""

import ast

from tercet_server.proposers.repair.module import Module
from tercet_server.proposers.repair.mutation import Mutation, Operator


def movable(module: Module, statement: ast.stmt) -> bool:
    """Alone on its lines and not an `elif`, which belongs to the `if` before it."""
    return module.own_lines(statement) and module.text[module.start(statement) :][:4] != "elif"


def before(module: Module, statement: ast.stmt, text: str, operator: Operator, weight: float = 1.0) -> Mutation:
    """`text` (its own further lines indented already) on lines of its own before a movable statement."""
    start = module.start(statement)
    inserted = f"{text}{module.newline}{module.indentation(statement)}"
    return module.span(start, start, inserted, operator, weight)


def after(module: Module, statement: ast.stmt, text: str, operator: Operator, weight: float = 1.0) -> Mutation:
    """`text` on lines of its own after a movable statement, at the same indentation."""
    end = module.line_end(module.end(statement))
    inserted = f"{module.newline}{module.indentation(statement)}{text}"
    line = module.line_at(module.end(statement))
    return Mutation(end, end, inserted, operator, line, weight)


def indented(module: Module, statement: ast.stmt, by: str = "    ") -> str | None:
    """The statement's source with its further lines moved right; None if that would change a string literal."""
    if has_long_string(statement):
        return None
    lines = module.source(statement).split(module.newline)
    return module.newline.join([lines[0], *(by + line if line.strip() else line for line in lines[1:])])


def reindented(module: Module, statement: ast.stmt, new: str) -> str | None:
    """The statement's source for a block indented by `new`; None if lines do not share its indentation."""
    old = module.indentation(statement)
    if has_long_string(statement):
        return None
    first, *rest = module.source(statement).split(module.newline)
    if any(line.strip() and not line.startswith(old) for line in rest):
        return None
    return module.newline.join([first, *(new + line[len(old) :] if line.strip() else line for line in rest)])


def has_long_string(statement: ast.stmt) -> bool:
    return any(
        isinstance(each, ast.JoinedStr | ast.Constant) and each.end_lineno != each.lineno
        for each in ast.walk(statement)
    )

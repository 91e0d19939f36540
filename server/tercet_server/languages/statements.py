"""On which lines of a Python text the statements inside functions begin: those that a test can be seen to run. Pure."""

import ast


def statement_lines(text: str) -> set[int]:
    """From zero. Nothing for a text that is no Python; docstrings and declarations leave no trace and are left out."""
    try:
        tree = ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return set()
    functions = (each for each in ast.walk(tree) if isinstance(each, ast.FunctionDef | ast.AsyncFunctionDef))
    return {
        each.lineno - 1
        for function in functions
        for statement in function.body
        for each in ast.walk(statement)
        if isinstance(each, ast.stmt) and not _is_silent(each)
    }


def line_spans(lines: list[int]) -> list[tuple[int, int]]:
    """Sorted lines as first and last of each stretch, neighbours together, also across one line that has no statement."""
    spans: list[tuple[int, int]] = []
    for line in lines:
        if spans and line - spans[-1][1] <= 2:
            spans[-1] = (spans[-1][0], line)
        else:
            spans.append((line, line))
    return spans


def _is_silent(statement: ast.stmt) -> bool:
    """Whether running it leaves no trace: docstrings and declarations."""
    constant = isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)
    return constant or isinstance(statement, ast.Global | ast.Nonlocal | ast.Try)

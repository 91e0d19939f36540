"""Puts docstrings into a module where public definitions have none, and proves that nothing else has changed. Pure."""

import ast
import re
from collections.abc import Callable, Iterator

from tercet_server.proposers.documentation.facts import facts_of
from tercet_server.proposers.documentation.styles import Documented, lines_of, style_of, summary

Definition = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef
_LINE_END = re.compile(r"\r\n|\r|\n")


def documented(text: str, wanted: Callable[[str, Definition], bool]) -> tuple[str, list[str]]:
    """The text with skeletons, and the names that got one. `wanted` chooses among public definitions without a docstring.

    Raises what `ast.parse` raises.
    """
    tree = ast.parse(text)
    style, newline = style_of(tree), next(iter(_LINE_END.findall(text)), "\n")
    lines = _split(text)
    names: list[str] = []
    for name, node, is_method in reversed(list(_undocumented(tree, "", is_class=False))):
        place = _place(node, lines)
        if place is None or not wanted(name, node):
            continue
        facts = None if isinstance(node, ast.ClassDef) else facts_of(node, is_method=is_method)
        first = summary(node.name, is_class=isinstance(node, ast.ClassDef))
        indentation = lines[place][: len(lines[place]) - len(lines[place].lstrip())]
        written = _written(lines_of(style, first, facts), indentation, newline)
        if isinstance(node, ast.ClassDef) and lines[place].strip():
            written.append(newline)
        lines[place:place] = written
        names.append(name)
    changed = "".join(lines)
    return (changed, names[::-1]) if names and bare(changed) == bare(text) else (text, [])


def bare(text: str) -> str:
    """The code without its docstrings: equal before and after, or something else was changed."""
    tree = ast.parse(text)
    for node in ast.walk(tree):
        if isinstance(node, Documented) and ast.get_docstring(node, clean=False) is not None:
            node.body = node.body[1:] or [ast.Pass()]
    return ast.dump(tree)


def _undocumented(
    tree: ast.Module | ast.ClassDef, owner: str, *, is_class: bool
) -> Iterator[tuple[str, Definition, bool]]:
    for node in tree.body:
        if isinstance(node, Definition) and not node.name.startswith("_"):
            if ast.get_docstring(node) is None:
                yield f"{owner}{node.name}", node, is_class
            if isinstance(node, ast.ClassDef):
                yield from _undocumented(node, f"{owner}{node.name}.", is_class=True)


def _place(node: Definition, lines: list[str]) -> int | None:
    """The line (from zero) before which the docstring goes; None for a body that shares the header's line."""
    first = node.body[0]
    decorators: list[ast.expr] = getattr(first, "decorator_list", [])
    line = min([first.lineno, *(each.lineno for each in decorators)]) - 1
    before = lines[line].encode()[: first.col_offset].decode("utf-8", "ignore").strip()
    shares = bool(before) and before != "@"
    return None if shares and not decorators else line


def _written(lines: list[str], indentation: str, newline: str) -> list[str]:
    escaped = [each.replace("\\", "\\\\").replace('"""', "'''") for each in lines]
    if len(escaped) == 1:
        return [f'{indentation}"""{escaped[0]}"""{newline}']
    body = [f"{indentation}{each}".rstrip() + newline for each in escaped[1:]]
    return [f'{indentation}"""{escaped[0]}{newline}', *body, f'{indentation}"""{newline}']


def _split(text: str) -> list[str]:
    ends = [each.end() for each in _LINE_END.finditer(text)]
    starts = [0, *ends]
    return [text[start:end] for start, end in zip(starts, [*ends, len(text)], strict=True)]

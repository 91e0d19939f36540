"""Mutations of statements as wholes: deleted, inserted from the code at hand, exchanged, moved in or out of a block."""

import ast
from collections.abc import Iterator

from tercet_server.proposers.repair.module import Function
from tercet_server.proposers.repair.mutation import Mutation, Operator
from tercet_server.proposers.repair.operators.blocks import after, before, movable, reindented
from tercet_server.proposers.repair.scope import Role
from tercet_server.proposers.repair.subject import Subject

_GROWTH = {Role.SET: ("add",), Role.SEQUENCE: ("append",)}


def deletions(subject: Subject, node: ast.stmt) -> Iterator[Mutation]:
    """The statement left out; the `else` of a compound one left out; a block without its header."""
    module = subject.module
    if isinstance(node, Function | ast.ClassDef | ast.Import | ast.ImportFrom):
        return
    start, end = module.start(node), module.end(node)
    if len(module.siblings(node)) == 1 or not movable(module, node):
        if module.text[start:end] != "pass" and module.text[start : start + 4] != "elif":
            yield module.span(start, end, "pass", Operator.STATEMENT_DELETE)
    else:
        after_line = module.line_end(end)
        next_line = after_line + (len(module.newline) if after_line < len(module.text) else 0)
        line = module.line_at(start)
        yield Mutation(module.line_start(start), next_line, "", Operator.STATEMENT_DELETE, line)
    if isinstance(node, ast.If | ast.For | ast.While) and node.orelse:
        yield module.span(module.end(node.body[-1]), end, "", Operator.STATEMENT_DELETE, 0.5)


def insertions(subject: Subject, node: ast.stmt) -> Iterator[Mutation]:
    """A copy of a statement of the function, as it is or with one variable exchanged; growth of a collection."""
    module = subject.module
    if module.function_of(node) is None or not movable(module, node) or isinstance(node, Function | ast.ClassDef):
        return
    last = module.siblings(node)[-1] is node and not isinstance(node, ast.Return | ast.Raise | ast.Break | ast.Continue)
    for text, weight in _insertable(subject, node):
        yield before(module, node, text, Operator.STATEMENT_INSERT, weight)
        if last:
            yield after(module, node, text, Operator.STATEMENT_INSERT, weight)


def _insertable(subject: Subject, node: ast.stmt) -> list[tuple[str, float]]:
    found: dict[str, float] = {}
    own = subject.module.source(node)
    for statement in subject.ingredients.statements(node):
        text = ast.unparse(statement)
        if "\n" not in text and text != own:
            found.setdefault(text, 1.0)
    for text in _growth(subject, node):
        found.setdefault(text, 1.0)
    for statement in subject.ingredients.statements(node)[:8]:
        for text in _renamed(subject, statement, node):
            found.setdefault(text, 0.3)
    return list(found.items())


def _growth(subject: Subject, node: ast.stmt) -> Iterator[str]:
    """A collection that is looked into but seems never to be filled: `seen.add(x)`, `found.append(x)`; `n += 1`."""
    names = subject.scope.visible(node)[:10]
    for name in names:
        roles = subject.scope.roles(name, node)
        for role, methods in _GROWTH.items():
            if role in roles:
                for method in methods:
                    yield from (f"{name}.{method}({other})" for other in names if other != name)
        if Role.NUMBER in roles:
            yield f"{name} += 1"
            yield f"{name} -= 1"


def _renamed(subject: Subject, statement: ast.stmt, node: ast.stmt) -> Iterator[str]:
    read = [each for each in ast.walk(statement) if isinstance(each, ast.Name) and isinstance(each.ctx, ast.Load)]
    for name in read[:3]:
        original = name.id
        for other in subject.scope.visible(node)[:6]:
            if other != original:
                name.id = other
                text = ast.unparse(statement)
                name.id = original
                if "\n" not in text:
                    yield text


def exchanges(subject: Subject, node: ast.stmt) -> Iterator[Mutation]:
    """The statement exchanged with the next one of its block."""
    module = subject.module
    block = module.siblings(node)
    at = block.index(node)
    if at + 1 == len(block) or not movable(module, node) or not movable(module, block[at + 1]):
        return
    following = block[at + 1]
    if isinstance(node, Function | ast.ClassDef) or isinstance(following, Function | ast.ClassDef):
        return
    between = module.text[module.end(node) : module.start(following)]
    text = module.source(following) + between + module.source(node)
    yield module.span(module.start(node), module.end(following), text, Operator.STATEMENT_SWAP)


def moves(subject: Subject, node: ast.stmt) -> Iterator[Mutation]:
    """The first statement after a block moved to its end; the last one of a block moved behind it."""
    module = subject.module
    if not movable(module, node) or isinstance(node, Function | ast.ClassDef):
        return
    block = module.siblings(node)
    at = block.index(node)
    if at > 0 and isinstance(block[at - 1], ast.If | ast.For | ast.While | ast.With):
        yield from _moved_in(subject, block[at - 1], node)
    parent = module.parent(node)
    if isinstance(parent, ast.If | ast.For | ast.While | ast.With) and block[-1] is node and len(block) > 1:
        yield from _moved_out(subject, parent, node)


def _moved_in(subject: Subject, compound: ast.stmt, node: ast.stmt) -> Iterator[Mutation]:
    module = subject.module
    inner: list[ast.stmt] = getattr(compound, "orelse", []) or getattr(compound, "body", [])
    if inner and movable(module, inner[-1]):
        new = module.indentation(inner[-1])
        text = reindented(module, node, new)
        if text is not None:
            start = module.line_start(module.start(node))
            yield Mutation(
                start, module.end(node), new + text, Operator.STATEMENT_MOVE, module.line_at(module.start(node))
            )


def _moved_out(subject: Subject, compound: ast.stmt, node: ast.stmt) -> Iterator[Mutation]:
    """Directly behind the block if that is the last one of its compound statement, else behind the whole statement."""
    module = subject.module
    if not movable(module, compound):
        return
    new = module.indentation(compound)
    text = reindented(module, node, new)
    if text is None:
        return
    start, end = module.line_start(module.start(node)), module.end(node)
    tail = module.text[end : module.end(compound)]
    line = module.line_at(module.start(node))
    if not tail.strip():
        yield Mutation(start, end, new + text, Operator.STATEMENT_MOVE, line)
    else:
        rest = tail.lstrip("\r\n")
        moved = f"{rest}{module.newline}{new}{text}"
        yield Mutation(start, module.end(compound), moved, Operator.STATEMENT_MOVE, line)

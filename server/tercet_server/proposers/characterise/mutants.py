"""Small faults by which cases are told worth keeping: the edits of the repair's operators that a person might make."""

import ast
from collections.abc import Iterator

from tercet_server.proposers.characterise.targets import definitions
from tercet_server.proposers.repair.equivalence import Equivalence
from tercet_server.proposers.repair.mutation import Mutation, Operator
from tercet_server.proposers.repair.rank import mutations_at
from tercet_server.proposers.repair.subject import Subject

MOST = 400

_KINDS = frozenset({
    Operator.COMPARISON_BOUNDARY, Operator.COMPARISON_DIRECTION, Operator.COMPARISON_EQUALITY, Operator.ARITHMETIC,
    Operator.BITWISE, Operator.BOOLEAN, Operator.NEGATION, Operator.CONJUNCT_DROP, Operator.OFF_BY_ONE, Operator.BOUND,
    Operator.CONSTANT, Operator.OPERAND_DROP, Operator.ARGUMENT_DROP, Operator.CALL_UNWRAP, Operator.ELEMENT_DROP,
    Operator.AUGMENTED, Operator.INITIAL_VALUE, Operator.DEFAULT, Operator.RETURN_VALUE, Operator.JUMP,
    Operator.STATEMENT_DELETE, Operator.METHOD, Operator.CONDITIONAL,
})  # fmt: skip
_EACH = 2
"""Of one kind at one place: more say the same again."""


Mutant = tuple[int, int, str, int, int]


def mutants_of(text: str, subjects: list[str]) -> list[Mutant]:
    """Start, end, new text and the lines that reach it of each, spread over the subjects' lines.

    CPU-bound. Raises what `ast.parse` raises.
    """
    subject = Subject.of(text)
    lines = _lines(subject.module.tree, subjects)
    equivalence = Equivalence(subject.module)
    by_line: dict[int, list[Mutant]] = {}
    for node in ast.walk(subject.module.tree):
        if isinstance(node, ast.expr | ast.stmt) and node.lineno - 1 in lines and subject.module.mutable(node):
            for mutation in _of_node(subject, node):
                if equivalence.is_new(mutation):
                    first, last = _reaching(subject, node)
                    mutant = (mutation.start, mutation.end, mutation.replacement, first, last)
                    by_line.setdefault(mutation.line, []).append(mutant)
    return list(_spread(by_line))


def _reaching(subject: Subject, node: ast.expr | ast.stmt) -> tuple[int, int]:
    """The lines (from zero) of the statement around, without its body; of a function's header, the whole function."""
    statement = subject.module.statement_of(node)
    end = statement.end_lineno or statement.lineno
    body: list[ast.stmt] = getattr(statement, "body", [])
    if body and not isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        end = max(statement.lineno, body[0].lineno - 1)
    return statement.lineno - 1, end - 1


def _of_node(subject: Subject, node: ast.expr | ast.stmt) -> Iterator[Mutation]:
    taken: dict[Operator, int] = {}
    for mutation in mutations_at(subject, node):
        kind = mutation.operator
        if kind in _KINDS and taken.get(kind, 0) < _EACH:
            taken[kind] = taken.get(kind, 0) + 1
            yield mutation
    if isinstance(node, ast.Constant) and isinstance(node.value, str) and node.value:
        start, end = subject.module.start(node), subject.module.end(node)
        yield subject.module.span(start, end, repr(f"XX{node.value}XX"), Operator.CONSTANT)


def _lines(tree: ast.Module, subjects: list[str]) -> set[int]:
    """Of the bodies of the subjects; without any, of everything in a function."""
    found: set[int] = set()
    for name, node in definitions(tree):
        if not subjects or any(name == each or name.startswith(f"{each}.") for each in subjects):
            found.update(range(node.lineno - 1, node.end_lineno or node.lineno))
    return found


def _spread(by_line: dict[int, list[Mutant]]) -> Iterator[Mutant]:
    """One of each line in turn, until there are enough."""
    left = [iter(each) for _, each in sorted(by_line.items())]
    count = 0
    while left and count < MOST:
        following = []
        for each in left:
            mutant = next(each, None)
            if mutant is not None and count < MOST:
                yield mutant
                count += 1
                following.append(each)
        left = following

"""Finds the mutations of a file and ranks them by how likely each is the repair: P(line) · P(operator) · P(edit).

The last factor shares an operator's chance at a place among its alternatives there, the natural and small ones first.
"""

import ast
from collections import defaultdict
from collections.abc import Iterator, Mapping
from math import sqrt

from tercet_server.proposers.repair.module import Function
from tercet_server.proposers.repair.mutation import Mutation, Operator
from tercet_server.proposers.repair.naturalness import Naturalness
from tercet_server.proposers.repair.operators import EXPRESSION_OPERATORS, STATEMENT_OPERATORS
from tercet_server.proposers.repair.priors import PRIORS
from tercet_server.proposers.repair.ranked import (
    ASSIGNED_SHARE,
    HEADER_SHARE,
    MAX_PER_FILE,
    UNCOVERED_SHARE,
    Ranked,
    in_order,
)
from tercet_server.proposers.repair.subject import Subject


def ranked_mutations(subject: Subject, suspicion: Mapping[int, float], limit: int = MAX_PER_FILE) -> list[Ranked]:
    """The mutations at the suspicious lines (from zero, scores above 0), likeliest first; the same input, the same list."""
    scores = line_scores(subject, suspicion)
    naturalness = Naturalness(subject.module.text)
    found: dict[tuple[int, int, str], Ranked] = {}
    for node in _nodes(subject, scores):
        for ranked in _at_node(subject, node, scores, naturalness):
            mutation = ranked.mutation
            key = (mutation.start, mutation.end, mutation.replacement)
            if key not in found or found[key].chance < ranked.chance:
                found[key] = ranked
        if len(found) >= limit:
            break
    return in_order(found.values())


def line_scores(subject: Subject, suspicion: Mapping[int, float]) -> dict[int, float]:
    """Suspicion spread from the lines that ran: to further lines of the same statement, headers and uncovered lines."""
    scores = dict(suspicion)
    for function in (each for each in ast.walk(subject.module.tree) if isinstance(each, Function)):
        lines = range(function.lineno - 1, function.end_lineno or function.lineno)
        highest = max((suspicion.get(line, 0.0) for line in lines), default=0.0)
        header = range(function.lineno - 1, function.body[0].lineno - 1) or range(function.lineno - 1, function.lineno)
        if highest:
            for line in lines:
                share = HEADER_SHARE if line in header else UNCOVERED_SHARE
                scores[line] = max(scores.get(line, 0.0), highest * share)
    _blame_what_is_read(subject, suspicion, scores)
    for statement in (each for each in ast.walk(subject.module.tree) if isinstance(each, ast.stmt)):
        if not hasattr(statement, "body") and statement.end_lineno is not None:
            lines = range(statement.lineno - 1, statement.end_lineno)
            highest = max(scores.get(line, 0.0) for line in lines)
            scores.update(dict.fromkeys(lines, highest) if highest else {})
    return scores


def _blame_what_is_read(subject: Subject, suspicion: Mapping[int, float], scores: dict[int, float]) -> None:
    """What modules and classes assign ran before any test; those that read it by its name are what tells of it."""
    readers: dict[str, float] = {}
    for node in ast.walk(subject.module.tree):
        if isinstance(node, ast.Name | ast.Attribute) and isinstance(node.ctx, ast.Load):
            name = node.id if isinstance(node, ast.Name) else node.attr
            readers[name] = max(readers.get(name, 0.0), suspicion.get(node.lineno - 1, 0.0))
    for block in (each for each in ast.walk(subject.module.tree) if isinstance(each, ast.Module | ast.ClassDef)):
        for statement in block.body:
            if isinstance(statement, ast.Assign | ast.AnnAssign):
                targets = statement.targets if isinstance(statement, ast.Assign) else [statement.target]
                names = [each.id for target in targets for each in ast.walk(target) if isinstance(each, ast.Name)]
                lines = range(statement.lineno - 1, statement.end_lineno or statement.lineno)
                share = ASSIGNED_SHARE / sqrt(len(lines))  # a large table would crowd out the code that reads it
                score = share * max((readers.get(name, 0.0) for name in names), default=0.0)
                for line in lines if score else ():
                    scores[line] = max(scores.get(line, 0.0), score)


def _nodes(subject: Subject, scores: Mapping[int, float]) -> list[ast.expr | ast.stmt]:
    """What may be mutated, most suspicious first, then in the order of the source."""
    nodes = [
        each
        for each in ast.walk(subject.module.tree)
        if isinstance(each, ast.expr | ast.stmt) and scores.get(each.lineno - 1) and subject.module.mutable(each)
    ]
    return sorted(nodes, key=lambda each: (-scores[each.lineno - 1], each.lineno, each.col_offset))


def _at_node(
    subject: Subject, node: ast.expr | ast.stmt, scores: Mapping[int, float], naturalness: Naturalness
) -> Iterator[Ranked]:
    groups: dict[Operator, list[tuple[Mutation, float]]] = defaultdict(list)
    for mutation in mutations_at(subject, node):
        groups[mutation.operator].append((mutation, mutation.weight * naturalness.of(mutation)))
    line = scores[node.lineno - 1]
    for operator, alternatives in groups.items():
        total = sum(weight for _, weight in alternatives)
        for mutation, weight in alternatives:
            yield Ranked(mutation, line * PRIORS[operator] * weight / total)


def mutations_at(subject: Subject, node: ast.expr | ast.stmt) -> Iterator[Mutation]:
    """What every operator suggests at one node."""
    if isinstance(node, ast.stmt):
        for statement_operator in STATEMENT_OPERATORS:
            yield from statement_operator(subject, node)
    else:
        for expression_operator in EXPRESSION_OPERATORS:
            yield from expression_operator(subject, node)

"""The mutation operators: each a function from a node of the file under repair to the edits it suggests there.

A new operator is a function here and, if it is of a new kind, a row in `Operator` and in `priors`.
"""

import ast
from collections.abc import Callable, Iterator

from tercet_server.proposers.repair.mutation import Mutation
from tercet_server.proposers.repair.operators import (
    arithmetic,
    assignments,
    calls,
    comparisons,
    conditions,
    constants,
    containers,
    flow,
    lost,
    lost_values,
    names,
    statements,
)
from tercet_server.proposers.repair.subject import Subject

ExpressionOperator = Callable[[Subject, ast.expr], Iterator[Mutation]]
StatementOperator = Callable[[Subject, ast.stmt], Iterator[Mutation]]

EXPRESSION_OPERATORS: tuple[ExpressionOperator, ...] = (
    comparisons.comparisons,
    comparisons.shifted_comparisons,
    comparisons.swapped_comparands,
    comparisons.chained_comparisons,
    conditions.connectives,
    conditions.negations,
    conditions.none_checks,
    conditions.added_conjuncts,
    conditions.conditional_expressions,
    arithmetic.binary_operators,
    arithmetic.regroupings,
    arithmetic.off_by_ones,
    arithmetic.added_operands,
    arithmetic.powers,
    arithmetic.bounds,
    arithmetic.signs,
    arithmetic.clamps,
    constants.constants,
    constants.constants_to_names,
    names.names,
    names.computed,
    names.attributes,
    names.expressions,
    names.subscripts,
    calls.arguments,
    calls.similar_calls,
    calls.wrapped,
    calls.unwrapped,
    calls.awaits,
    calls.yields,
    calls.called_names,
    calls.keywords,
    containers.elements,
    containers.concatenations,
    containers.comprehensions,
    lost_values.values,
    lost.lambda_bodies,
    lost.decorations,
    lost.caught,
)

STATEMENT_OPERATORS: tuple[StatementOperator, ...] = (
    constants.defaults,
    lost.decorators,
    assignments.targets,
    assignments.forgotten_updates,
    assignments.augmented,
    assignments.initial_values,
    assignments.split_unpacking,
    flow.returned_values,
    flow.added_returns,
    flow.jumps,
    flow.loops,
    flow.guards,
    flow.steps,
    statements.deletions,
    statements.insertions,
    statements.exchanges,
    statements.moves,
)

__all__ = ["EXPRESSION_OPERATORS", "STATEMENT_OPERATORS", "ExpressionOperator", "StatementOperator"]

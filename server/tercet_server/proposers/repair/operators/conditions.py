"""Mutations of truth: negation, `and`/`or`, a dropped or missing conjunct, the check for None, the conditional expression."""

import ast
import re
from collections.abc import Iterator

from tercet_server.proposers.repair.code import LOOSE, OR, Code, comparison, conjunction, disjunction, negation
from tercet_server.proposers.repair.mutation import Mutation, Operator
from tercet_server.proposers.repair.operators.places import gap_token, is_condition, is_read
from tercet_server.proposers.repair.scope import Role
from tercet_server.proposers.repair.subject import Subject


def connectives(subject: Subject, node: ast.expr) -> Iterator[Mutation]:
    """`and` for `or` and the reverse, one conjunct dropped, the first conjunct moved last (evaluation order)."""
    if not isinstance(node, ast.BoolOp):
        return
    module = subject.module
    word, other = ("and", "or") if isinstance(node.op, ast.And) else ("or", "and")
    for left, right in zip(node.values, node.values[1:], strict=False):
        span = gap_token(module, left, right, word)
        if span is not None:
            yield module.span(*span, other, Operator.BOOLEAN)
    for dropped in range(len(node.values)):
        kept = [module.code(each) for at, each in enumerate(node.values) if at != dropped]
        yield module.replace(node, _joined(kept, word), Operator.CONJUNCT_DROP)
    turned = [module.code(each) for each in (*node.values[1:], node.values[0])]
    yield module.replace(node, _joined(turned, word), Operator.OPERAND_SWAP)


def _joined(codes: list[Code], word: str) -> Code:
    joined = codes[0]
    for each in codes[1:]:
        joined = conjunction(joined, each) if word == "and" else disjunction(joined, each)
    return joined


def negations(subject: Subject, node: ast.expr) -> Iterator[Mutation]:
    """A condition negated, or its `not` dropped."""
    module = subject.module
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
        yield module.replace(node, module.code(node.operand), Operator.NEGATION)
    elif is_condition(module, node) and not isinstance(node, ast.Compare):
        yield module.replace(node, negation(module.code(node)), Operator.NEGATION)
    elif _may_be_truth(subject, node):
        yield module.replace(node, negation(module.code(node)), Operator.NEGATION, 0.3)


def _may_be_truth(subject: Subject, node: ast.expr) -> bool:
    alike = isinstance(node, ast.Name | ast.Attribute | ast.Call) and is_read(node)
    return alike and isinstance(subject.module.parent(node), ast.Assign | ast.keyword)


def none_checks(subject: Subject, node: ast.expr) -> Iterator[Mutation]:
    """`x` for `x is not None`, `not x` for `x is None`, and the reverse."""
    module = subject.module
    match node:
        case ast.Compare(ops=[ast.IsNot()], comparators=[ast.Constant(value=None)]):
            yield module.replace(node, module.code(node.left), Operator.NONE_CHECK)
        case ast.Compare(ops=[ast.Is()], comparators=[ast.Constant(value=None)]):
            yield module.replace(node, negation(module.code(node.left)), Operator.NONE_CHECK)
        case ast.UnaryOp(op=ast.Not(), operand=ast.Name() | ast.Attribute() | ast.Subscript() | ast.Call()):
            yield module.replace(node, comparison(module.code(node.operand), "is", Code("None")), Operator.NONE_CHECK)
        case ast.Name() | ast.Attribute() | ast.Subscript() | ast.Call() if is_condition(module, node):
            yield module.replace(node, comparison(module.code(node), "is not", Code("None")), Operator.NONE_CHECK)


def added_conjuncts(subject: Subject, node: ast.expr) -> Iterator[Mutation]:
    """`and`/`or` with another condition of the function or with a check of a variable, before or after."""
    module = subject.module
    if not is_condition(module, node) or isinstance(module.parent(node), ast.BoolOp):
        return
    own = module.code(node)
    for other in candidate_conditions(subject, node):
        if other.text == own.text:
            continue
        yield module.replace(node, conjunction(own, other), Operator.CONJUNCT_ADD)
        yield module.replace(node, conjunction(other, own), Operator.CONJUNCT_ADD)
        yield module.replace(node, disjunction(own, other), Operator.CONJUNCT_ADD)
        yield module.replace(node, disjunction(other, own), Operator.CONJUNCT_ADD, 0.5)


def candidate_conditions(subject: Subject, node: ast.AST) -> list[Code]:
    """Conditions worth adding at `node`: those of the function and their negations, and checks of its variables."""
    scope = subject.scope
    names = [name for name in scope.visible(node) if not scope.is_spent(name, node)]
    found = {code.text: code for code in subject.ingredients.conditions(node) if not _is_spent(subject, node, code)}
    for code in [*found.values()]:
        opposite = negation(code)
        found.setdefault(opposite.text, opposite)
    for name in names[:12]:
        for check in _checks(subject, node, name):
            found.setdefault(check.text, check)
    return list(found.values())


def _is_spent(subject: Subject, node: ast.AST, condition: Code) -> bool:
    """Whether the condition is about the variable of a loop that is over."""
    return any(subject.scope.is_spent(name, node) for name in re.findall(r"[^\W\d]\w*", condition.text))


def _checks(subject: Subject, node: ast.AST, name: str) -> Iterator[Code]:
    roles = subject.scope.roles(name, node)
    variable = Code(name)
    if Role.CALLED in roles:
        return
    yield variable
    yield negation(variable)
    yield comparison(variable, "is not", Code("None"))
    yield comparison(variable, "is", Code("None"))
    if Role.NUMBER in roles or not roles:
        yield comparison(variable, ">", Code("0"))
        yield comparison(variable, "==", Code("0"))
        yield comparison(variable, "==", Code("1"))


def conditional_expressions(subject: Subject, node: ast.expr) -> Iterator[Mutation]:
    """The branches of `a if c else b` exchanged, or one of them alone."""
    if not isinstance(node, ast.IfExp):
        return
    module = subject.module
    test, body, orelse = module.code(node.test), module.code(node.body), module.code(node.orelse)
    swapped = f"{orelse.within(OR)} if {test.within(OR)} else {body.within(LOOSE)}"
    yield module.replace(node, Code(swapped, LOOSE), Operator.CONDITIONAL)
    yield module.replace(node, body, Operator.CONDITIONAL, 0.5)
    yield module.replace(node, orelse, Operator.CONDITIONAL, 0.5)

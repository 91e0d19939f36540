"""Code of the file that a repair may be made of: the redundancy assumption ("plastic surgery hypothesis",
Barr et al., FSE 2014): what a fix needs is usually written somewhere near already.
"""

import ast
from collections import Counter
from collections.abc import Iterable, Iterator
from functools import cached_property

from tercet_server.proposers.repair.code import Code
from tercet_server.proposers.repair.module import Function, Module
from tercet_server.proposers.repair.scope import own_nodes

MAX_SIZE = 12
"""Nodes in an expression or statement worth copying: larger ones are hardly ever repeated."""

SIMPLE = (ast.Assign, ast.AugAssign, ast.Expr)


class Ingredients:
    """What one module offers. Texts are single lines; lists are in order of the source, without doubles."""

    def __init__(self, module: Module) -> None:
        self._module = module

    def expressions(self, node: ast.AST) -> list[tuple[ast.expr, Code]]:
        """Small expressions (not bare names or constants) that the outermost function around `node` reads."""
        return self._expressions_in(self._outermost(node))

    def places(self, node: ast.AST) -> list[tuple[ast.expr, Code]]:
        """Elements and attributes that the outermost function around `node` reads or assigns."""
        found: dict[str, tuple[ast.expr, Code]] = {}
        for each in ast.walk(self._outermost(node)):
            if not isinstance(each, ast.Subscript | ast.Attribute) or _is_callee(self._module, each):
                continue
            if self._module.mutable(each) and size(each) <= MAX_SIZE and not _binds(each):
                code = self._module.code(each)
                found.setdefault(code.text, (each, code))
        return list(found.values())

    def conditions(self, node: ast.AST) -> list[Code]:
        """What the outermost function around `node` tests, in `if`, `while`, comparisons and boolean operands."""
        found: dict[str, Code] = {}
        for each in ast.walk(self._outermost(node)):
            tests: list[ast.expr] = []
            match each:
                case ast.If() | ast.While() | ast.IfExp():
                    tests = [each.test]
                case ast.BoolOp():
                    tests = each.values
                case ast.comprehension():
                    tests = each.ifs
            for test in tests:
                if self._module.mutable(test) and size(test) <= MAX_SIZE and not _binds(test):
                    code = self._module.code(test)
                    found.setdefault(code.text, code)
        return list(found.values())

    def statements(self, node: ast.AST) -> list[ast.stmt]:
        """Small simple statements of the outermost function around `node`."""
        scope = self._outermost(node)
        found: dict[str, ast.stmt] = {}
        for each in ast.walk(scope):
            if isinstance(each, SIMPLE) and self._module.mutable(each) and size(each) <= MAX_SIZE + 4:
                found.setdefault(ast.unparse(each), each)
        return list(found.values())

    @cached_property
    def attributes(self) -> Counter[str]:
        """Attributes that the file reads or writes (not called), with how often."""
        called = {each.func for each in ast.walk(self._module.tree) if isinstance(each, ast.Call)}
        return Counter(
            each.attr for each in ast.walk(self._module.tree) if isinstance(each, ast.Attribute) and each not in called
        )

    @cached_property
    def methods(self) -> dict[str, int]:
        """Methods that the file calls, with their number of positional arguments."""
        found: dict[str, int] = {}
        for each in ast.walk(self._module.tree):
            if isinstance(each, ast.Call) and isinstance(each.func, ast.Attribute):
                found.setdefault(each.func.attr, len(each.args))
        return found

    @cached_property
    def functions(self) -> dict[str, int]:
        """Functions that the file calls by a bare name, with their number of positional arguments."""
        found: dict[str, int] = {}
        for each in ast.walk(self._module.tree):
            if isinstance(each, ast.Call) and isinstance(each.func, ast.Name):
                found.setdefault(each.func.id, len(each.args))
        return found

    def given(self, name: str) -> list[Code]:
        """Small values that the file gives to a variable, attribute or keyword of this name ("a, b": to both at once)."""
        return self._given.get(name, [])

    @cached_property
    def _given(self) -> dict[str, list[Code]]:
        found: dict[str, dict[str, Code]] = {}
        for each in ast.walk(self._module.tree):
            for name, value in _givings(each):
                if self._module.mutable(value) and size(value) <= MAX_SIZE and not _binds(value):
                    code = self._module.code(value)
                    found.setdefault(name, {}).setdefault(code.text, code)
        return {name: list(codes.values()) for name, codes in found.items()}

    @cached_property
    def decorators(self) -> list[str]:
        """Those that are written without arguments."""
        return _names_of(
            each
            for function in ast.walk(self._module.tree)
            if isinstance(function, Function)
            for each in function.decorator_list
        )

    @cached_property
    def exceptions(self) -> list[str]:
        """Those that the file raises or catches, by their names."""
        found: list[ast.expr | None] = []
        for each in ast.walk(self._module.tree):
            match each:
                case ast.Raise(exc=ast.Call(func=raised)) | ast.Raise(exc=raised) | ast.ExceptHandler(type=raised):
                    found += raised.elts if isinstance(raised, ast.Tuple) else [raised]
        return [name for name in _names_of(found) if name.rpartition(".")[2][:1].isupper()]

    @cached_property
    def keywords(self) -> Counter[str]:
        """Names of keyword arguments in calls, with how often."""
        return Counter(each.arg for each in ast.walk(self._module.tree) if isinstance(each, ast.keyword) and each.arg)

    def returned(self, function: Function) -> list[Code]:
        """The values that `function` returns."""
        found: dict[str, Code] = {}
        for each in own_nodes(function):
            if isinstance(each, ast.Return) and each.value is not None and size(each.value) <= MAX_SIZE:
                code = self._module.code(each.value)
                found.setdefault(code.text, code)
        return list(found.values())

    def _outermost(self, node: ast.AST) -> ast.AST:
        functions = [each for each in self._module.ancestors(node) if isinstance(each, Function)]
        return functions[-1] if functions else self._module.tree

    @cached_property
    def _cached_expressions(self) -> dict[ast.AST, list[tuple[ast.expr, Code]]]:
        return {}

    def _expressions_in(self, scope: ast.AST) -> list[tuple[ast.expr, Code]]:
        known = self._cached_expressions.get(scope)
        if known is None:
            found: dict[str, tuple[ast.expr, Code]] = {}
            for each in ast.walk(scope):
                if isinstance(each, ast.expr) and self._reusable(each):
                    code = self._module.code(each)
                    found.setdefault(code.text, (each, code))
            known = self._cached_expressions[scope] = list(found.values())
        return known

    def _reusable(self, node: ast.expr) -> bool:
        if isinstance(node, ast.Name | ast.Constant | ast.Starred | ast.Slice | ast.Lambda | ast.Await):
            return False
        if not isinstance(getattr(node, "ctx", ast.Load()), ast.Load) or _is_callee(self._module, node):
            return False
        return self._module.mutable(node) and size(node) <= MAX_SIZE and not _binds(node)


def size(node: ast.AST) -> int:
    """Nodes in the tree, contexts and operators not counted."""
    return sum(isinstance(each, ast.expr | ast.stmt | ast.comprehension) for each in ast.walk(node))


def _binds(node: ast.AST) -> bool:
    return any(isinstance(each, ast.NamedExpr | ast.Yield | ast.YieldFrom) for each in ast.walk(node))


def _givings(node: ast.AST) -> Iterator[tuple[str, ast.expr]]:
    match node:
        case ast.Assign(targets=[ast.Name(id=name) | ast.Attribute(attr=name)], value=value):
            yield name, value
        case ast.Assign(targets=[ast.Tuple(elts=parts)], value=value):
            yield ", ".join(ast.unparse(each).rpartition(".")[2] for each in parts), value
        case ast.AnnAssign(target=ast.Name(id=name) | ast.Attribute(attr=name), value=ast.expr() as value):
            yield name, value
        case ast.keyword(arg=str() as name, value=value):
            yield name, value


def _names_of(nodes: Iterable[ast.expr | None]) -> list[str]:
    """Without doubles: bare or dotted names."""
    return list(dict.fromkeys(ast.unparse(each) for each in nodes if isinstance(each, ast.Name | ast.Attribute)))


def _is_callee(module: Module, node: ast.expr) -> bool:
    parent = module.parent(node)
    return isinstance(parent, ast.Call) and parent.func is node

"""Which names can be used at a place of a module, and what they seem to be, judged by how the code uses them."""

import ast
from collections import defaultdict
from collections.abc import Iterator
from enum import Flag, auto
from functools import cached_property

from tercet_server.proposers.repair.module import Function, Module

Loop = ast.For | ast.AsyncFor | ast.While


class Role(Flag):
    """What a name is used as. A name may have several; one that shows none may be anything."""

    CALLED = auto()
    NUMBER = auto()
    SEQUENCE = auto()
    """Subscripted, measured or walked over."""
    SET = auto()
    MAPPING = auto()
    OBJECT = auto()
    """Its attributes are used."""


NO_ROLE = Role(0)

_GROWING = {"append": Role.SEQUENCE, "extend": Role.SEQUENCE, "insert": Role.SEQUENCE, "add": Role.SET}
_MAPPING_METHODS = {"items", "keys", "values", "setdefault"}
_WALKERS = {"len", "sorted", "reversed", "enumerate", "list", "tuple", "sum", "any", "all", "zip"}


class Scope:
    """The names of one module."""

    def __init__(self, module: Module) -> None:
        self._module = module

    def visible(self, node: ast.AST) -> list[str]:
        """Variables that may be bound when `node` runs: nearest scope first, then in order of binding. No functions."""
        module = self._module
        line = module.statement_of(node).lineno if not isinstance(node, ast.arg) else node.lineno
        found: dict[str, None] = {}
        for each in module.ancestors(node):
            if isinstance(each, ast.ListComp | ast.SetComp | ast.GeneratorExp | ast.DictComp):
                for part in each.generators:
                    found.update(dict.fromkeys(_stored(part.target)))
            elif isinstance(each, Function):
                found.update(dict.fromkeys(name for name, at in self._bindings(each).items() if at <= line))
                line = each.end_lineno or line
        found.update(dict.fromkeys(name for name, at in self._module_variables.items() if at <= line))
        return list(found)

    def roles(self, name: str, node: ast.AST) -> Role:
        """What `name` is used as in the outermost function around `node`."""
        functions = [each for each in self._module.ancestors(node) if isinstance(each, Function)]
        return self._roles_in(functions[-1] if functions else self._module.tree).get(name, NO_ROLE)

    def is_spent(self, name: str, node: ast.AST) -> bool:
        """Whether `name` is the variable of a `for` loop that is over at `node`: it is hardly ever used any more."""
        function = self._module.function_of(node)
        if function is None:
            return False
        if function not in self._cached_loops:
            self._cached_loops[function] = [
                (loop, frozenset(_stored(loop.target))) for loop in own_nodes(function) if isinstance(loop, ast.For)
            ]
        own = [loop for loop, names in self._cached_loops[function] if name in names]
        return bool(own) and not any(loop is each for loop in own for each in (node, *self._module.ancestors(node)))

    @cached_property
    def _cached_loops(self) -> dict[Function, list[tuple[ast.For, frozenset[str]]]]:
        return {}

    def stale_in(self, loop: Loop) -> list[str]:
        """Variables that the function assigns outside of `loop` and that the loop reads, but never assigns."""
        if loop not in self._cached_stale:
            function = self._module.function_of(loop)
            bound = self._bindings(function) if function is not None else {}
            inside = [each for each in ast.walk(loop) if isinstance(each, ast.Name)]
            read = dict.fromkeys(each.id for each in inside if isinstance(each.ctx, ast.Load))
            stored = {each.id for each in inside if not isinstance(each.ctx, ast.Load)}
            fixed = set(parameters(function)) if function is not None else set()
            self._cached_stale[loop] = [name for name in read if name in bound and name not in stored | fixed]
        return self._cached_stale[loop]

    @cached_property
    def _cached_stale(self) -> dict[Loop, list[str]]:
        return {}

    def functions(self) -> dict[str, Function]:
        """The functions that the module defines, by name."""
        return self._functions

    @cached_property
    def _functions(self) -> dict[str, Function]:
        return {each.name: each for each in ast.walk(self._module.tree) if isinstance(each, Function)}

    @cached_property
    def _module_variables(self) -> dict[str, int]:
        found: dict[str, int] = {}
        for statement in self._module.tree.body:
            if not isinstance(statement, Function | ast.ClassDef | ast.Import | ast.ImportFrom):
                for name in _stored(statement):
                    found.setdefault(name, statement.lineno)
        return found

    @cached_property
    def _cached_bindings(self) -> dict[Function, dict[str, int]]:
        return {}

    def _bindings(self, function: Function) -> dict[str, int]:
        """Parameters and locals with the line from which they are bound; a loop binds for its whole body."""
        known = self._cached_bindings.get(function)
        if known is None:
            known = self._cached_bindings[function] = dict.fromkeys(parameters(function), function.lineno)
            nodes = list(own_nodes(function))
            comprehended = {
                name for each in nodes if isinstance(each, ast.comprehension) for name in ast.walk(each.target)
            }
            for each in nodes:
                if isinstance(each, ast.Name) and isinstance(each.ctx, ast.Store) and each not in comprehended:
                    loop = self._module.loop_of(each)
                    known.setdefault(each.id, loop.lineno if loop else each.lineno)
                elif isinstance(each, ast.ExceptHandler) and each.name:
                    known.setdefault(each.name, each.lineno)
        return known

    @cached_property
    def _cached_roles(self) -> dict[ast.AST, dict[str, Role]]:
        return {}

    def _roles_in(self, scope: ast.AST) -> dict[str, Role]:
        known = self._cached_roles.get(scope)
        if known is None:
            known = defaultdict(lambda: NO_ROLE)
            for each in ast.walk(scope):
                for name, role in _uses(each):
                    known[name] |= role
            self._cached_roles[scope] = known
        return known


def parameters(function: Function) -> list[str]:
    arguments = function.args
    every = [*arguments.posonlyargs, *arguments.args, arguments.vararg, *arguments.kwonlyargs, arguments.kwarg]
    return [each.arg for each in every if each is not None]


def own_nodes(function: Function) -> Iterator[ast.AST]:
    """The nodes of a function's body, without those of functions and classes inside it, in the order of the source."""
    waiting: list[ast.AST] = list(reversed(function.body))
    while waiting:
        node = waiting.pop()
        yield node
        if not isinstance(node, Function | ast.ClassDef | ast.Lambda):
            waiting.extend(reversed(list(ast.iter_child_nodes(node))))


def _stored(node: ast.AST) -> list[str]:
    names = [each for each in ast.walk(node) if isinstance(each, ast.Name) and isinstance(each.ctx, ast.Store)]
    return [each.id for each in names]


def _uses(node: ast.AST) -> Iterator[tuple[str, Role]]:
    match node:
        case ast.Call(func=ast.Name(id=name)):
            yield name, Role.CALLED
            if name in _WALKERS:
                yield from ((each.id, Role.SEQUENCE) for each in node.args if isinstance(each, ast.Name))
            if name == "range":
                yield from ((each.id, Role.NUMBER) for each in node.args if isinstance(each, ast.Name))
        case ast.Attribute(value=ast.Name(id=name)):
            yield name, _role_of_attribute(node.attr)
        case ast.Subscript(value=ast.Name(id=name)):
            yield name, Role.SEQUENCE
            if isinstance(node.slice, ast.Name):
                yield node.slice.id, Role.NUMBER
        case ast.For(iter=ast.Name(id=name)) | ast.comprehension(iter=ast.Name(id=name)):
            yield name, Role.SEQUENCE
        case ast.For(target=ast.Name(id=name), iter=ast.Call(func=ast.Name(id="range"))):
            yield name, Role.NUMBER
        case ast.BinOp():
            yield from _arithmetic(node)
        case ast.Compare():
            yield from _compared(node)
        case ast.Assign(targets=[ast.Name(id=name)]):
            yield name, _role_of_value(node.value)
        case ast.AugAssign(target=ast.Name(id=name), value=ast.Constant(value=int())):
            yield name, Role.NUMBER


def _role_of_attribute(attribute: str) -> Role:
    if attribute in _MAPPING_METHODS:
        return Role.MAPPING
    return _GROWING.get(attribute, Role.OBJECT)


def _arithmetic(node: ast.BinOp) -> Iterator[tuple[str, Role]]:
    numeric = not isinstance(node.op, ast.Add | ast.Mult | ast.BitOr | ast.BitAnd | ast.Mod)
    for one, other in ((node.left, node.right), (node.right, node.left)):
        if isinstance(one, ast.Name) and (numeric or _is_number(other)):
            yield one.id, Role.NUMBER


def _compared(node: ast.Compare) -> Iterator[tuple[str, Role]]:
    sides = [node.left, *node.comparators]
    for operator, left, right in zip(node.ops, sides, sides[1:], strict=False):
        if isinstance(operator, ast.In | ast.NotIn):
            if isinstance(right, ast.Name):
                yield right.id, Role.SEQUENCE
        elif _is_number(left) or _is_number(right) or isinstance(operator, ast.Lt | ast.LtE | ast.Gt | ast.GtE):
            yield from ((each.id, Role.NUMBER) for each in (left, right) if isinstance(each, ast.Name))


def _role_of_value(value: ast.expr) -> Role:
    match value:
        case ast.Constant(value=int() | float()):
            return Role.NUMBER
        case ast.List() | ast.ListComp() | ast.Tuple() | ast.Constant(value=str()):
            return Role.SEQUENCE
        case ast.Set() | ast.SetComp() | ast.Call(func=ast.Name(id="set")):
            return Role.SET
        case ast.Dict() | ast.DictComp() | ast.Call(func=ast.Name(id="dict" | "defaultdict" | "Counter")):
            return Role.MAPPING
        case _:
            return NO_ROLE


def _is_number(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and isinstance(node.value, int | float)

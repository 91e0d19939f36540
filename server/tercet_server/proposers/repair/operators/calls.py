"""Mutations of calls: arguments, the function called, a call forgotten or too many, `await` and `yield`."""

import ast
import difflib
from collections.abc import Iterator

from tercet_server.proposers.repair.code import AWAITED, LOOSE, Code, call
from tercet_server.proposers.repair.module import Function
from tercet_server.proposers.repair.mutation import Mutation, Operator
from tercet_server.proposers.repair.operators.places import is_read
from tercet_server.proposers.repair.scope import Role, own_nodes, parameters
from tercet_server.proposers.repair.subject import Subject

SIMILAR_FUNCTIONS = {
    "min": ("max",),
    "max": ("min",),
    "any": ("all",),
    "all": ("any",),
    "sorted": ("reversed", "list"),
    "reversed": ("sorted", "list"),
    "list": ("set", "tuple", "sorted"),
    "set": ("list", "sorted"),
    "tuple": ("list",),
    "int": ("float", "round", "str"),
    "float": ("int",),
    "round": ("int",),
    "str": ("repr", "int"),
    "sum": ("max", "len"),
    "len": ("sum",),
    "filter": ("map",),
    "map": ("filter",),
    "enumerate": ("zip",),
    "isinstance": ("issubclass",),
    "copy": ("deepcopy",),
    "deepcopy": ("copy",),
}
SIMILAR_METHODS = {
    "append": ("extend", "insert"),
    "extend": ("append",),
    "add": ("update", "discard"),
    "update": ("add", "setdefault"),
    "pop": ("popleft", "popitem"),
    "popleft": ("pop",),
    "appendleft": ("append",),
    "remove": ("discard", "pop"),
    "discard": ("remove", "add"),
    "items": ("keys", "values"),
    "keys": ("values", "items"),
    "values": ("keys", "items"),
    "get": ("pop", "setdefault"),
    "find": ("rfind", "index"),
    "rfind": ("find",),
    "index": ("find", "rindex"),
    "split": ("rsplit", "splitlines"),
    "strip": ("rstrip", "lstrip"),
    "lstrip": ("rstrip", "strip"),
    "rstrip": ("lstrip", "strip"),
    "lower": ("upper", "casefold"),
    "upper": ("lower",),
    "startswith": ("endswith",),
    "endswith": ("startswith",),
    "union": ("intersection", "difference"),
    "intersection": ("union", "difference"),
    "difference": ("union", "intersection", "symmetric_difference"),
    "issubset": ("issuperset",),
    "issuperset": ("issubset",),
    "isdigit": ("isalpha", "isalnum"),
    "isalpha": ("isdigit", "isalnum"),
    "match": ("search", "fullmatch"),
    "search": ("match", "fullmatch"),
    "partition": ("rpartition",),
    "copy": ("deepcopy",),
    "deepcopy": ("copy",),
}
WRAPPERS = ("sorted", "reversed", "len", "abs", "list", "set", "int", "str", "sum", "max", "min", "tuple", "enumerate")


def arguments(subject: Subject, node: ast.expr) -> Iterator[Mutation]:
    """Two arguments exchanged, one dropped, one of the variables in scope added."""
    if not isinstance(node, ast.Call):
        return
    module = subject.module
    given = node.args
    for first in range(len(given)):
        for second in range(first + 1, len(given)):
            left, right = given[first], given[second]
            between = module.text[module.end(left) : module.start(right)]
            text = module.source(right) + between + module.source(left)
            weight = 1.0 if second == first + 1 else 0.5
            yield module.span(module.start(left), module.end(right), text, Operator.ARGUMENT_SWAP, weight)
    if len(given) > 1:
        for at, each in enumerate(given):
            start = module.start(each) if at == 0 else module.end(given[at - 1])
            end = module.start(given[1]) if at == 0 else module.end(each)
            yield module.span(start, end, "", Operator.ARGUMENT_DROP)
    yield from _added_arguments(subject, node)


def keywords(subject: Subject, node: ast.expr) -> Iterator[Mutation]:
    """Another name for a keyword argument: what the function called is known to take, else what the file uses elsewhere."""
    if not isinstance(node, ast.Call):
        return
    module, given = subject.module, {each.arg for each in node.keywords}
    function = subject.scope.functions().get(ast.unparse(node.func).rpartition(".")[2])
    known = parameters(function) if function is not None else list(subject.ingredients.keywords)
    for keyword in node.keywords:
        if keyword.arg is None or (function is not None and keyword.arg in known):
            continue
        start = module.offset(keyword.lineno, keyword.col_offset)
        near = difflib.get_close_matches(keyword.arg, known, n=3, cutoff=0.0)
        for rank, name in enumerate(each for each in near if each not in given):
            yield module.span(start, start + len(keyword.arg), name, Operator.KEYWORD, 1.0 / (1 + rank))


def _added_arguments(subject: Subject, node: ast.Call) -> Iterator[Mutation]:
    module = subject.module
    if node.keywords or any(isinstance(each, ast.Starred | ast.GeneratorExp) for each in node.args):
        return
    if not isinstance(node.func, ast.Name) or not _accepts_more(subject, node.func.id, len(node.args)):
        return
    for name in subject.scope.visible(node)[:8]:
        if node.args:
            at = module.end(node.args[-1])
            yield module.span(at, at, f", {name}", Operator.ARGUMENT_ADD)
        else:
            at = module.end(node) - 1
            yield module.span(at, at, name, Operator.ARGUMENT_ADD)


def _accepts_more(subject: Subject, name: str, given: int) -> bool:
    function = subject.scope.functions().get(name)
    if function is None:
        return name in {"min", "max", "range", "zip", "print", "sum", "int", "round"}
    return len(parameters(function)) > given


def similar_calls(subject: Subject, node: ast.expr) -> Iterator[Mutation]:
    """A similar function or method, or another one of the file that takes as many arguments."""
    module = subject.module
    match node:
        case ast.Call(func=ast.Name() as function):
            similar = SIMILAR_FUNCTIONS.get(function.id, ())
            for name in similar:
                yield module.replace(function, Code(name), Operator.CALL_SIMILAR)
            others = dict(subject.ingredients.functions)
            others.update({name: len(parameters(each)) for name, each in subject.scope.functions().items()})
            for name, count in others.items():
                if count == len(node.args) and name != function.id and name not in similar:
                    yield module.replace(function, Code(name), Operator.CALL_SIMILAR, 0.3)
        case ast.Call(func=ast.Attribute() as method):
            end = module.end(method)
            start = end - len(method.attr)
            similar = SIMILAR_METHODS.get(method.attr, ())
            for name in similar:
                yield module.span(start, end, name, Operator.METHOD)
            for name, count in subject.ingredients.methods.items():
                if name != method.attr and name not in similar and count == len(node.args):
                    yield module.span(start, end, name, Operator.METHOD, 0.4)


def wrapped(subject: Subject, node: ast.expr) -> Iterator[Mutation]:
    """A call put around a value, of the kind that is often forgotten, or of one of the file's own functions."""
    module = subject.module
    if not is_read(node) or isinstance(node, ast.Constant | ast.Starred | ast.Slice) or not _is_value(subject, node):
        return
    own = module.code(node)
    for name in WRAPPERS:
        if not _calls(node, name) and not _calls(module.parent(node), name):
            yield module.replace(node, call(name, own), Operator.CALL_WRAP)
    for name, function in subject.scope.functions().items():
        if len(parameters(function)) == 1 and not _calls(node, name):
            yield module.replace(node, call(name, own), Operator.CALL_WRAP)
    yield module.replace(node, Code(f"[{own.within(LOOSE)}]"), Operator.CALL_WRAP, 0.5)


def _is_value(subject: Subject, node: ast.expr) -> bool:
    match subject.module.parent(node):
        case ast.Call() as parent:
            return parent.func is not node
        case ast.Return() | ast.Assign() | ast.AugAssign() | ast.Compare() | ast.Yield() | ast.Subscript():
            return True
        case ast.For() | ast.comprehension() as parent:
            return parent.iter is node
        case ast.BinOp() | ast.ListComp() | ast.GeneratorExp():
            return not isinstance(node, ast.BinOp)
        case _:
            return False


def _calls(node: ast.AST, name: str) -> bool:
    return isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == name


def unwrapped(subject: Subject, node: ast.expr) -> Iterator[Mutation]:
    """A call replaced by one of its arguments; a method call by its object; `[x]` by `x`."""
    module = subject.module
    match node:
        case ast.Call():
            for each in node.args[:3]:
                if not isinstance(each, ast.Starred | ast.GeneratorExp):
                    yield module.replace(node, module.code(each), Operator.CALL_UNWRAP)
            if isinstance(node.func, ast.Attribute):
                yield module.replace(node, module.code(node.func.value), Operator.CALL_UNWRAP, 0.5)
        case ast.List(elts=[ast.expr() as only]) if not isinstance(only, ast.Starred) and is_read(node):
            yield module.replace(node, module.code(only), Operator.CALL_UNWRAP, 0.5)


def awaits(subject: Subject, node: ast.expr) -> Iterator[Mutation]:
    """A forgotten `await` in a coroutine, or one too many."""
    module = subject.module
    if isinstance(node, ast.Await):
        yield module.replace(node, module.code(node.value), Operator.AWAIT, 0.3)
        return
    awaited = isinstance(module.parent(node), ast.Await)
    if isinstance(node, ast.Call) and not awaited and isinstance(module.function_of(node), ast.AsyncFunctionDef):
        yield module.replace(node, Code(f"await {module.code(node).within(AWAITED)}", AWAITED), Operator.AWAIT)


def yields(subject: Subject, node: ast.expr) -> Iterator[Mutation]:
    """`yield` for `yield from` and the reverse; a generator's own recursive call whose items nobody takes."""
    module = subject.module
    match node:
        case ast.Yield(value=ast.expr() as value):
            yield module.replace(node, Code(f"yield from {module.code(value).text}", LOOSE), Operator.YIELD)
        case ast.YieldFrom():
            yield module.replace(node, Code(f"yield {module.code(node.value).text}", LOOSE), Operator.YIELD)
        case ast.Call() if isinstance(module.parent(node), ast.Expr | ast.Assign | ast.Return):
            function = module.function_of(node)
            if function is not None and is_generator(function):
                text = module.code(node).text
                yield module.replace(node, Code(f"yield from {text}", LOOSE), Operator.YIELD)
                yield module.replace(node, Code(f"yield {text}", LOOSE), Operator.YIELD, 0.5)


def is_generator(function: Function) -> bool:
    return any(isinstance(each, ast.Yield | ast.YieldFrom) for each in own_nodes(function))


def called_names(subject: Subject, node: ast.expr) -> Iterator[Mutation]:
    """A bare function or type where its result was meant: `f` to `f()`."""
    if not isinstance(node, ast.Name) or not is_read(node) or not _is_value(subject, node):
        return
    if Role.CALLED in subject.scope.roles(node.id, node) or node.id in subject.scope.functions():
        yield subject.module.replace(node, Code(f"{node.id}()"), Operator.CALL_WRAP, 0.3)

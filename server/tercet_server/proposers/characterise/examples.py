"""Arguments of calls that stand in the workspace: call sites and the examples of docstrings, as expressions of their own."""

import ast
import builtins
import doctest
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from tercet_server.ports import CallExample

MOST_EACH = 40
"""Examples of one subject."""

MOST_CHARACTERS = 200
_BUILTINS = frozenset(vars(builtins))


@dataclass
class Examples:
    """By subject (a function, a class), and by ".method" for methods of whatever class."""

    functions: frozenset[str]
    methods: frozenset[str]
    module: str
    found: dict[str, list[CallExample]] = field(default_factory=dict)

    @classmethod
    def of(cls, text: str, module: str) -> "Examples":
        """Looks for calls of what the module `text` defines, in its docstrings first. Raises SyntaxError and ValueError."""
        tree = ast.parse(text)
        classes = [node for node in tree.body if isinstance(node, ast.ClassDef)]
        functions = {node.name for node in tree.body if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)}
        methods = {each.name for node in classes for each in node.body if isinstance(each, ast.FunctionDef)}
        made = cls(frozenset(functions | {node.name for node in classes}), frozenset(methods), module)
        for docstring in _docstrings(tree):
            made.take(_source_of_examples(docstring), "docstring")
        made.take(text, "call site")
        return made

    def mentioned(self, text: str) -> bool:
        """Whether looking closer may be worth it."""
        return self.module.rpartition(".")[2] in text and any(name in text for name in self.functions | self.methods)

    def take(self, text: str, origin: str) -> None:
        """Takes in the calls of a text; one that cannot be parsed has none."""
        try:
            tree = ast.parse(text)
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            return
        imported = _imported(tree, self.module)
        for scope in _scopes(tree):
            known: dict[str, ast.expr] = {}
            for node in _in_order(scope):
                match node:
                    case ast.Assign(targets=[ast.Name(id=name)], value=value):
                        known[name] = value
                    case ast.Call():
                        self._take_call(node, known, imported, origin)

    def _take_call(
        self, node: ast.Call, known: Mapping[str, ast.expr], imported: Mapping[str, str], origin: str
    ) -> None:
        subject = self._subject(node.func)
        if subject is None or len(self.found.get(subject, ())) >= MOST_EACH:
            return
        written = _Written(known, imported, self.functions)
        try:
            arguments = [written.of(each) for each in node.args]
            keywords = {str(each.arg): written.of(each.value) for each in node.keywords if each.arg}
        except (_Unknown, RecursionError):
            return
        starred = any(each.arg is None for each in node.keywords)
        if starred or sum(map(len, arguments)) > MOST_CHARACTERS:
            return
        example = CallExample(arguments, keywords, written.names, origin)
        if example not in self.found.setdefault(subject, []):
            self.found[subject].append(example)

    def _subject(self, function: ast.expr) -> str | None:
        match function:
            case ast.Name(id=name) | ast.Attribute(attr=name) if name in self.functions:
                return name
            case ast.Attribute(attr=name) if name in self.methods:
                return f".{name}"
        return None


class _Unknown(Exception):
    """An expression that means nothing outside its place."""


@dataclass
class _Written:
    """Writes an argument as an expression that stands alone; `names` collects what it has to have imported."""

    known: Mapping[str, ast.expr]
    imported: Mapping[str, str]
    own: frozenset[str]
    names: dict[str, str] = field(default_factory=dict)

    def of(self, node: ast.expr) -> str:
        return ast.unparse(self._closed(node, 0))

    def _closed(self, node: ast.expr, depth: int) -> ast.expr:
        bound = {each.arg for part in ast.walk(node) if isinstance(part, ast.arguments) for each in part.args}
        bound |= {each.id for each in ast.walk(node) if isinstance(each, ast.Name) and isinstance(each.ctx, ast.Store)}
        if any(isinstance(each, ast.Await | ast.Yield | ast.NamedExpr | ast.Starred) for each in ast.walk(node)):
            raise _Unknown
        closed: ast.expr = _Closing(self, bound, depth).visit(node)
        return closed


class _Closing(ast.NodeTransformer):
    """Puts in the place of a local name what it was last given."""

    def __init__(self, written: _Written, bound: set[str], depth: int) -> None:
        self._written = written
        self._bound = bound
        self._depth = depth

    def visit_Name(self, node: ast.Name) -> ast.expr:
        written = self._written
        if node.id in self._bound or node.id in written.own:
            return node
        if node.id in written.known and self._depth < 3:
            return written._closed(written.known[node.id], self._depth + 1)
        if node.id in written.imported:
            written.names[node.id] = written.imported[node.id]
            return node
        if node.id in _BUILTINS:
            return node
        raise _Unknown


def _imported(tree: ast.Module, module: str) -> dict[str, str]:
    """What the file imports of the standard library or the module itself: name → module, "" for a module."""
    found: dict[str, str] = {}
    for node in ast.walk(tree):
        match node:
            case ast.Import():
                found.update({each.name: "" for each in node.names if not each.asname and _is_standard(each.name)})
            case ast.ImportFrom(module=str(name), level=0) if name == module or _is_standard(name):
                found.update({each.name: name for each in node.names if not each.asname and each.name != "*"})
    return found


def _is_standard(module: str) -> bool:
    return "." not in module and module in sys.stdlib_module_names


def _scopes(tree: ast.Module) -> Iterator[ast.AST]:
    yield tree
    yield from (each for each in ast.walk(tree) if isinstance(each, ast.FunctionDef | ast.AsyncFunctionDef))


def _in_order(scope: ast.AST) -> Iterator[ast.AST]:
    """What belongs to a scope itself, as it stands in the source: not the insides of its functions."""
    for child in ast.iter_child_nodes(scope):
        if isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            continue
        yield child
        yield from _in_order(child)


def _docstrings(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            docstring = ast.get_docstring(node)
            if docstring and ">>>" in docstring:
                yield docstring


def _source_of_examples(docstring: str) -> str:
    try:
        return "\n".join(each.source for each in doctest.DocTestParser().get_examples(docstring))
    except ValueError:
        return ""


def as_order(found: Mapping[str, Sequence[CallExample]]) -> dict[str, Sequence[CallExample]]:
    """Docstrings before call sites: they were written to show something."""
    return {name: sorted(each, key=lambda example: example.origin != "docstring") for name, each in found.items()}

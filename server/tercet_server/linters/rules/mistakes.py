"""Rules about what Python code does otherwise than it looks: each finds one habit and mends it where it is sure."""

import ast
import re
from collections.abc import Iterator

from tercet_server.linters.ruff import RuffFinding
from tercet_server.linters.rules.source import Edit, Source

_IN_QUOTES = re.compile(r"'[^'\\\n]+'|\"[^\"\\\n]+\"")


class MissingAwait:
    """A coroutine that nobody awaits never runs."""

    code, ruff = "TC201", ""

    def find(self, source: Source) -> Iterator[RuffFinding]:
        asynchronous = {each.name for each in source.tree.body if isinstance(each, ast.AsyncFunctionDef)}
        for node in source.nodes:
            if not (isinstance(node, ast.Expr) and isinstance(node.value, ast.Call)):
                continue
            function = node.value.func
            own = isinstance(function, ast.Name) and function.id in asynchronous
            if (own or self._is_own_method(source, node, function)) and isinstance(
                source.function(node), ast.AsyncFunctionDef
            ):
                edits = [Edit(source.start(node), source.start(node), "await ")]
                yield source.finding(self.code, node, "This coroutine is never awaited.", "Await it", edits)

    def _is_own_method(self, source: Source, node: ast.AST, function: ast.expr) -> bool:
        match function:
            case ast.Attribute(value=ast.Name(id="self"), attr=name):
                owner = source.parents.get(source.function(node) or node)
                body = owner.body if isinstance(owner, ast.ClassDef) else []
                return any(isinstance(each, ast.AsyncFunctionDef) and each.name == name for each in body)
        return False


class MutableDefault:
    """One list for all calls: what one call puts in, the next one finds."""

    code, ruff = "TC202", "B006"

    def find(self, source: Source) -> Iterator[RuffFinding]:
        for node in source.nodes:
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                arguments = [*node.args.posonlyargs, *node.args.args]
                pairs = [*zip(arguments[::-1], node.args.defaults[::-1], strict=False)]
                pairs += [
                    (each, default)
                    for each, default in zip(node.args.kwonlyargs, node.args.kw_defaults, strict=True)
                    if default
                ]
                for argument, default in pairs:
                    if _is_mutable(default):
                        edits = self._edits(source, node, argument, default)
                        yield source.finding(
                            self.code,
                            default,
                            f"All calls share this default of `{argument.arg}`.",
                            "Make it for each call",
                            edits,
                        )

    def _edits(
        self, source: Source, node: ast.FunctionDef | ast.AsyncFunctionDef, argument: ast.arg, default: ast.expr
    ) -> list[Edit]:
        first = next((each for each in node.body if not _is_docstring(each)), None)
        indentation = source.indentation(first) if first is not None else None
        if first is None or indentation is None or first.lineno == node.lineno:
            return []
        end, name = source.newline, argument.arg
        guard = f"if {name} is None:{end}{indentation}    {name} = {source.of(default)}{end}{indentation}"
        decorators: list[ast.expr] = getattr(first, "decorator_list", [])
        at = source.start(decorators[0]) - 1 if decorators else source.start(first)
        edits = [source.replace(default, "None"), Edit(at, at, guard)]
        annotation = argument.annotation
        if annotation is not None and "None" not in source.of(annotation):
            quoted = isinstance(annotation, ast.Constant)
            if quoted and not _IN_QUOTES.fullmatch(source.of(annotation)):
                return []
            at = source.end(annotation) - quoted  # a text and None have no `|`: it goes into the text
            edits.append(Edit(at, at, " | None"))
        return edits


def _is_mutable(default: ast.expr) -> bool:
    made = (
        isinstance(default, ast.Call)
        and isinstance(default.func, ast.Name)
        and default.func.id in {"list", "dict", "set"}
    )
    return isinstance(default, ast.List | ast.Dict | ast.Set) or (made and not getattr(default, "args", ()))


def _is_docstring(statement: ast.stmt) -> bool:
    return (
        isinstance(statement, ast.Expr)
        and isinstance(statement.value, ast.Constant)
        and isinstance(statement.value.value, str)
    )


class BareExcept:
    """It also catches the end of the program."""

    code, ruff = "TC203", "E722"

    def find(self, source: Source) -> Iterator[RuffFinding]:
        for node in source.nodes:
            if isinstance(node, ast.ExceptHandler) and node.type is None:
                at = source.start(node) + len("except")
                if not any(isinstance(each, ast.Raise) and each.exc is None for each in ast.walk(node)):
                    edits = [Edit(at, at, " Exception")]
                    yield source.finding(
                        self.code, node, "This also catches the end of the program.", "Catch `Exception`", edits
                    )


class MissingEncoding:
    """Without an encoding a text is read by the custom of the machine that it is read on."""

    code, ruff = "TC204", "PLW1514"

    def find(self, source: Source) -> Iterator[RuffFinding]:
        for call in source.calls():
            if not _opens_text(call) or "open" in source.names or "open" in source.bound:
                continue
            edits = source.with_argument(call, 'encoding="utf-8"')
            yield source.finding(self.code, call, "The encoding depends on the machine.", "Say UTF-8", edits)


def _opens_text(call: ast.Call) -> bool:
    if not (isinstance(call.func, ast.Name) and call.func.id == "open") or not call.args or len(call.args) > 2:
        return False
    if any(isinstance(each, ast.Starred) for each in call.args) or any(
        each.arg in {None, "encoding"} for each in call.keywords
    ):
        return False
    named = next((each.value for each in call.keywords if each.arg == "mode"), None)
    mode = call.args[1] if len(call.args) > 1 else named
    if mode is None:
        return True
    return isinstance(mode, ast.Constant) and isinstance(mode.value, str) and "b" not in mode.value


class NaiveDatetime:
    """A time without a zone is another moment on every machine."""

    code, ruff = "TC205", "DTZ005"

    def find(self, source: Source) -> Iterator[RuffFinding]:
        for call in source.calls():
            name = source.called(call)
            if name not in {"datetime.datetime.now", "datetime.datetime.utcnow"} or call.args or call.keywords:
                continue
            function = call.func
            assert isinstance(function, ast.Attribute)
            module = source.names.get("datetime") == "datetime" and isinstance(function.value, ast.Attribute)
            zone = "datetime.timezone.utc" if module else "timezone.utc"
            imports = [] if module else source.importing(call, "datetime", "timezone")
            new = source.replace(call, f"{source.of(function.value)}.now({zone})")
            edits = [] if imports is None else [new, *imports]
            said = "This time has no zone." if name.endswith(".now") else "This time is UTC but does not say so."
            yield source.finding(self.code, call, said, "Use the time in UTC", edits)


class UnclosedFile:
    """Who closes the file is left to chance."""

    code, ruff = "TC206", "SIM115"

    def find(self, source: Source) -> Iterator[RuffFinding]:
        for call in source.calls():
            if not (
                isinstance(call.func, ast.Attribute) and call.func.attr in {"read", "readlines", "write", "readline"}
            ):
                continue
            opened = call.func.value
            if isinstance(opened, ast.Call) and isinstance(opened.func, ast.Name) and opened.func.id == "open":
                edits = self._edits(source, opened)
                yield source.finding(self.code, opened, "Nobody closes this file.", "Close it with `with`", edits)

    def _edits(self, source: Source, opened: ast.Call) -> list[Edit]:
        statement = source.statement(opened)
        indentation = source.indentation(statement)
        simple = isinstance(statement, ast.Assign | ast.AnnAssign | ast.Return | ast.Expr | ast.AugAssign)
        line_end = source.line(statement.end_lineno or statement.lineno)[(statement.end_col_offset or 0) :].strip()
        several = sum(isinstance(each, ast.Call) and _is_open(each) for each in ast.walk(statement)) > 1
        if (
            not simple
            or indentation is None
            or several
            or not _is_sure_to_run(source, opened)
            or not _is_free(source, statement, "file")
        ):
            return []
        if (line_end and not line_end.startswith("#")) or statement.end_lineno != statement.lineno:
            return []
        end = source.newline
        head = f"with {source.of(opened)} as file:{end}{indentation}    "
        return [Edit(source.start(statement), source.start(statement), head), source.replace(opened, "file")]


def _is_sure_to_run(source: Source, node: ast.expr) -> bool:
    """Whether an expression is evaluated once, whenever its statement is."""
    perhaps = (
        ast.ListComp,
        ast.SetComp,
        ast.DictComp,
        ast.GeneratorExp,
        ast.Lambda,
        ast.IfExp,
        ast.BoolOp,
        ast.Compare,
    )
    inside: ast.AST = node
    while not isinstance(inside, ast.stmt):
        inside = source.parents[inside]
        if isinstance(inside, perhaps):
            return False
    return True


def _is_free(source: Source, statement: ast.stmt, name: str) -> bool:
    """Whether the name may be bound for a statement: nothing else around it has it, but for blocks `with` of their own."""
    scope = source.function(statement) or source.tree
    if _is_in_block(source, statement, name):
        return False
    for node in ast.walk(scope):
        if isinstance(node, ast.arg) and node.arg == name:
            return False
        if isinstance(node, ast.Name) and node.id == name and not _is_in_block(source, node, name):
            return False
    return True


def _is_in_block(source: Source, node: ast.AST, name: str) -> bool:
    while node in source.parents:
        node = source.parents[node]
        bound = [each.optional_vars for each in node.items] if isinstance(node, ast.With) else []
        if any(isinstance(each, ast.Name) and each.id == name for each in bound):
            return True
    return False


def _is_open(call: ast.Call) -> bool:
    return isinstance(call.func, ast.Name) and call.func.id == "open"

"""Rules about loops that ask a database in every round, where one query would do: Django's models and SQLAlchemy's sessions.

Few false alarms before many findings: loops that search, that the text itself makes short, or that go by whole batches
are left alone, and so are tests and migrations.
"""

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass

from tercet_server.languages.kinds import is_test_path
from tercet_server.linters.ruff import RuffFinding
from tercet_server.linters.rules.loops import Loop, loops, names_of
from tercet_server.linters.rules.source import Edit, Source

_PASSED_OVER = re.compile(r"(^|/)(migrations|alembic|tests?)(/|\.py$)")
_SESSION = re.compile(r"(\w+_)?[sS]ession|db")
_READS = {"get", "first", "last", "count", "exists", "earliest", "latest", "aggregate"}
_DJANGO_RUNS = _READS | {"create"} | {f"a{each}" for each in (*_READS, "create")}
_PAGES = {"using", "offset", "limit", "slice"}
"""What they are given is no value that one query could ask for together with others."""
_SQLALCHEMY_RUNS = {"all", "first", "one", "one_or_none", "scalar", "count", "get"}
"""Not `exists`, which is a part of another query there."""
_TAKES_ALL = {"list", "tuple", "set", "sorted", "len", "bool", "sum", "min", "max", "any", "all", "dict"}
_WRITES = re.compile(
    r"a?(save|delete|(bulk_)?(create|update)|(get|update)_or_create|refresh_from_db|add|set|clear|remove)"
)
_KEEP_ROWS = {"all", "filter", "exclude", "order_by", "reverse"}
"""Methods behind which a query still fetches whole objects, and may fetch others along."""
_MODEL = "django.db.models.Model"
_RELATIONS = {f"django.db.models.{each}" for each in ("ForeignKey", "OneToOneField")}


@dataclass(frozen=True)
class Chain:
    """`root.method(…).method(…)`: the calls from the last to the first."""

    root: ast.expr
    calls: tuple[ast.Call, ...]

    @property
    def methods(self) -> list[str]:
        return [each.func.attr for each in self.calls if isinstance(each.func, ast.Attribute)]


def _chain(node: ast.expr) -> Chain:
    calls: list[ast.Call] = []
    while isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
        calls.append(node)
        node = node.func.value
    return Chain(node, tuple(calls))


class DjangoQueryInLoop:
    """As many queries as there are rounds."""

    code, ruff = "TC301", ""

    def find(self, source: Source) -> Iterator[RuffFinding]:
        known = _names_of_models(source)
        if not _is_looked_at(source) or not (known or _imports(source, "django")):
            return
        for loop, call, changing in _calls_in_loops(source):
            chain = _chain(call)
            model = _model(chain.root)
            if model is None or names_of(model) & changing:
                continue
            if not (_imports(source, "django") or names_of(model) & known) or _is_needed(source, chain):
                continue
            if _asks(source, chain, _DJANGO_RUNS) and _changes(chain.calls, changing):
                over = _short(source, loop)
                said = f"Each round of the loop over `{over}` asks the database for `{source.of(model)}`."
                yield source.finding(self.code, call, said)


class DjangoRelationInLoop:
    """A related object that the query did not fetch is fetched in every round."""

    code, ruff = "TC302", ""

    def find(self, source: Source) -> Iterator[RuffFinding]:
        relations = _relations(source) if _is_looked_at(source) else {}
        for loop in loops(source) if relations else ():
            chain = _chain(loop.iterable)
            model = _model(chain.root)
            if not (isinstance(model, ast.Name) and model.id in relations and isinstance(loop.target, ast.Name)):
                continue
            read = _related_read(source, loop, loop.target.id, relations[model.id])
            if not read or not chain.calls or not set(chain.methods) <= _KEEP_ROWS:
                continue
            said = f"Each round asks the database for {' and '.join(f'`{each}`' for each in read)}."
            at = source.end(loop.iterable)
            names = ", ".join(f'"{each}"' for each in read)
            sure = _only_reads(source, loop, loop.target.id, read)
            edits = [Edit(at, at, f".select_related({names})")] if sure else []
            yield source.finding(self.code, loop.iterable, said, "Fetch it with the same query", edits)


class SqlAlchemyQueryInLoop:
    """As many queries as there are rounds."""

    code, ruff = "TC303", ""

    def find(self, source: Source) -> Iterator[RuffFinding]:
        if not _is_looked_at(source) or not _imports(source, "sqlalchemy", "flask_sqlalchemy", "sqlmodel"):
            return
        for loop, call, changing in _calls_in_loops(source):
            asked = _asked_of_session(source, call, loop, changing)
            if asked and _changes(asked, changing):
                said = f"Each round of the loop over `{_short(source, loop)}` asks the database."
                yield source.finding(self.code, call, said)


def _is_looked_at(source: Source) -> bool:
    return not (source.path and (is_test_path(source.path) or _PASSED_OVER.search(source.path)))


def _imports(source: Source, *packages: str) -> bool:
    return any(each.partition(".")[0] in packages for each in source.names.values())


def _names_of_models(source: Source) -> set[str]:
    """What is imported from a module `models`, and that module."""
    found: set[str] = set()
    for node in source.nodes:
        if isinstance(node, ast.ImportFrom):
            from_models = (node.module or "").rpartition(".")[2] == "models"
            found |= {each.asname or each.name for each in node.names if from_models or each.name == "models"}
    return found


def _calls_in_loops(source: Source) -> Iterator[tuple[Loop, ast.Call, set[str]]]:
    """Each call once, with the innermost loop that it depends on and the names that change there."""
    seen: set[ast.Call] = set()
    for loop in reversed(list(loops(source))):
        if loop.may_stop or loop.is_short() or loop.is_of_batches():
            continue
        calls = [each for each in loop.nodes() if isinstance(each, ast.Call) and isinstance(each.func, ast.Attribute)]
        changing = loop.changing() if calls else set()
        for call in calls:
            if call not in seen and names_of(call) & changing:
                seen.add(call)
                yield loop, call, changing


def _model(node: ast.expr) -> ast.expr | None:
    """`Book` of `Book.objects`, `models.Book` of `models.Book.objects`."""
    if isinstance(node, ast.Attribute) and node.attr == "objects":
        model = node.value
        name = model.attr if isinstance(model, ast.Attribute) else model.id if isinstance(model, ast.Name) else ""
        return model if name[:1].isupper() else None
    return None


def _is_needed(source: Source, chain: Chain) -> bool:
    """Whether a round goes on with the row that it creates: it cannot wait for the others."""
    if not chain.calls or chain.methods[0] not in {"create", "acreate"}:
        return False
    around = source.parents[chain.calls[0]]
    return not isinstance(source.parents[around] if isinstance(around, ast.Await) else around, ast.Expr)


def _asks(source: Source, chain: Chain, runs: set[str]) -> bool:
    """Whether the last call of a chain is what sends the query, and no call before it."""
    if not chain.calls or set(chain.methods[1:]) & (runs - {"all"}):
        return False
    return chain.methods[0] in runs or _is_taken(source, chain.calls[0])


def _is_taken(source: Source, call: ast.Call) -> bool:
    """Whether the rows of a query that is not sent yet are read at once."""
    match source.parents[call]:
        case ast.For(iter=taken) | ast.AsyncFor(iter=taken) | ast.comprehension(iter=taken):
            return taken is call
        case ast.Call(func=ast.Name(id=name)):
            return name in _TAKES_ALL
        case ast.Subscript(value=taken, slice=at):
            return taken is call and not isinstance(at, ast.Slice)
        case ast.If(test=taken) | ast.IfExp(test=taken):
            return taken is call
        case ast.UnaryOp(op=ast.Not()) | ast.Starred() | ast.YieldFrom():
            return True
    return False


def _changes(calls: tuple[ast.Call, ...], changing: set[str]) -> bool:
    """Whether what is asked changes with the round, by more than a batch of keys, a page, or the database that is asked."""
    asked = [each for each in calls if isinstance(each.func, ast.Attribute) and each.func.attr not in _PAGES]
    return any(_names_outside_batches(part) & changing for call in asked for part in (*call.args, *call.keywords))


def _names_outside_batches(node: ast.AST) -> set[str]:
    found: set[str] = set()
    waiting = [node]
    while waiting:
        part = waiting.pop()
        if isinstance(part, ast.Name):
            found.add(part.id)
        by_keyword = isinstance(part, ast.keyword) and (part.arg or "").endswith("__in")
        by_method = isinstance(part, ast.Call) and isinstance(part.func, ast.Attribute) and part.func.attr == "in_"
        if not (by_keyword or by_method):
            waiting += ast.iter_child_nodes(part)
    return found


def _relations(source: Source) -> dict[str, set[str]]:
    """The foreign keys of each model of the file whose manager is Django's own."""
    found: dict[str, set[str]] = {}
    for node in source.nodes:
        if isinstance(node, ast.ClassDef) and [source.full_name(each) for each in node.bases] == [_MODEL]:
            fields: dict[str, str] = {}
            for each in node.body:
                targets = each.targets if isinstance(each, ast.Assign) else [getattr(each, "target", None)]
                value = getattr(each, "value", None)
                fields |= {to.id: source.called(value) if value else "" for to in targets if isinstance(to, ast.Name)}
            if "objects" not in fields:
                found[node.name] = {name for name, called in fields.items() if called in _RELATIONS}
    return found


def _related_read(source: Source, loop: Loop, item: str, relations: set[str]) -> list[str]:
    """The relations of which something is read, in the order of the text; none that a round itself has set."""
    of_item = [each for each in loop.nodes() if isinstance(each, ast.Attribute) and _is_name(each.value, item)]
    stored = {each.attr for each in of_item if not isinstance(each.ctx, ast.Load)}
    fresh = [each for each in of_item if each.attr in relations - stored]
    read = [each for each in fresh if isinstance(source.parents[each], ast.Attribute)]
    return list(dict.fromkeys(each.attr for each in sorted(read, key=source.start)))


def _only_reads(source: Source, loop: Loop, item: str, read: list[str]) -> bool:
    """Whether no round can change what a later round would fetch afresh, as far as the text shows.

    Two rows may be related to the same third, which is fetched once for each of them either way, but then all at once.
    """
    for node in loop.nodes():
        if isinstance(node, ast.Attribute | ast.Subscript) and not isinstance(node.ctx, ast.Load):
            return False
        if isinstance(node, ast.Call) and _WRITES.fullmatch(_last_name(node.func)):
            return False
        if isinstance(node, ast.Name) and node.id == item and _may_escape(source, node, read):
            return False
    return True


def _may_escape(source: Source, item: ast.Name, read: list[str]) -> bool:
    """Whether a row, or what is related to it, is handed on, or a method of theirs is called."""
    field = source.parents[item]
    if not isinstance(field, ast.Attribute) or not isinstance(item.ctx, ast.Load):
        return True
    behind = source.parents[field]
    if field.attr not in read:
        return isinstance(behind, ast.Call) and behind.func is field
    around = source.parents[behind]
    return not isinstance(behind, ast.Attribute) or (isinstance(around, ast.Call) and around.func is behind)


def _is_name(node: ast.expr, name: str) -> bool:
    return isinstance(node, ast.Name) and node.id == name


def _asked_of_session(source: Source, call: ast.Call, loop: Loop, changing: set[str]) -> tuple[ast.Call, ...]:
    """The calls in which a session is told what to fetch; () for what is no query of a session, or no reading."""
    chain = _chain(call)
    if not chain.calls or not _is_session(chain.root) or names_of(chain.root) & changing:
        return ()
    first, method = chain.calls[-1], chain.methods[-1]
    if method == "query":
        model_changes = any(names_of(each) & changing for each in first.args)
        return chain.calls[:-1] if not model_changes and _asks(source, chain, _SQLALCHEMY_RUNS) else ()
    if len(chain.calls) > 1 or not first.args:
        return ()
    if method == "get":
        is_model = len(first.args) > 1 and _is_class(first.args[0]) and not names_of(first.args[0]) & changing
        return (first,) if is_model else ()
    return _selected(first, loop, changing) if method in {"execute", "scalar", "scalars"} else ()


def _selected(call: ast.Call, loop: Loop, changing: set[str]) -> tuple[ast.Call, ...]:
    """The calls behind `select(…)`, which is given or bound to a name in the same round; () for any other statement."""
    statement: ast.expr = call.args[0]
    if isinstance(statement, ast.Name):
        bound = [
            each.value
            for each in loop.nodes()
            if isinstance(each, ast.Assign) and any(_is_name(target, statement.id) for target in each.targets)
        ]
        if len(bound) != 1:
            return ()
        statement = bound[0]
    chain = _chain(statement)
    root = chain.root
    # `sa.select(…)` is the first call of a chain, `select(…)` its root
    made = [*chain.calls, *([root] if isinstance(root, ast.Call) else ())]
    if not made or _last_name(made[-1].func) != "select" or any(names_of(each) & changing for each in made[-1].args):
        return ()
    return tuple(made[:-1])


def _is_session(node: ast.expr) -> bool:
    return bool(_SESSION.fullmatch(_last_name(node)))


def _is_class(node: ast.expr) -> bool:
    return _last_name(node)[:1].isupper()


def _last_name(node: ast.expr) -> str:
    return node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""


def _short(source: Source, loop: Loop) -> str:
    text = " ".join(source.of(loop.iterable).split())
    return text if len(text) <= 40 else f"{text[:39]}…"

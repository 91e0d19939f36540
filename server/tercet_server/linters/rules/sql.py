"""The rule about SQL that is put together from texts: values become parameters where the driver's style is known."""

import ast
import re
from collections.abc import Iterator

from tercet_server.linters.ruff import RuffFinding
from tercet_server.linters.rules.source import Source

_SQL = re.compile(r"^\s*(select|insert|update|delete|replace|with)\b", re.IGNORECASE)
_VALUE_FOLLOWS = re.compile(
    r"([=<>]|\b(i?like|limit|offset|between(\s+(\0|'\0'|\w+)\s+and)?)\s|\bvalues\s*\(([^()]*,)?)\s*'?$", re.IGNORECASE
)
"""Anywhere else a part may be a name, a condition or a list, and would mean something else as one value."""
_VALUE_ENDS = re.compile(r"\0(?!'?([\s,);]|$))")
_METHODS = {"execute", "executemany", "executescript"}
_MARKS = {"sqlite3": "?", "aiosqlite": "?", "psycopg2": "%s", "psycopg": "%s", "pymysql": "%s", "MySQLdb": "%s"}


class SqlByString:
    """A value in the text of a query may end the query and begin another."""

    code, ruff = "TC108", "S608"

    def find(self, source: Source) -> Iterator[RuffFinding]:
        for call in source.calls():
            if not (isinstance(call.func, ast.Attribute) and call.func.attr in _METHODS and call.args):
                continue
            query = call.args[0]
            if not _is_composed(query):
                continue
            new = self._parametrised(source, call, query) if call.func.attr == "execute" else None
            edits = [source.replace(query, new)] if new else []
            yield source.finding(
                self.code, query, "SQL is put together from texts.", "Pass the values as parameters", edits
            )

    def _parametrised(self, source: Source, call: ast.Call, query: ast.expr) -> str | None:
        """Query and parameters; None where a part is no value, or nothing tells how the driver marks one."""
        marks = {mark for name in source.names.values() if (mark := _MARKS.get(name.partition(".")[0]))}
        if len(marks) != 1 or len(call.args) > 1 or call.keywords or not isinstance(query, ast.JoinedStr):
            return None
        mark = marks.pop()
        text = ""
        values: list[str] = []
        for part in query.values:
            if isinstance(part, ast.Constant) and isinstance(part.value, str):
                text += part.value.replace("%", "%%") if mark == "%s" else part.value
            elif isinstance(part, ast.FormattedValue) and part.conversion == -1 and part.format_spec is None:
                if not _VALUE_FOLLOWS.search(text):
                    return None
                text += "\0"
                values.append(ast.unparse(part.value))
            else:
                return None
        if _VALUE_ENDS.search(text) or (mark == "?" and mark in text):
            return None
        text = text.replace("'\0'", "\0")
        if re.search(r"'[^']*\0[^']*'", text):
            return None
        written = _written(text.replace("\0", mark), source.newline)
        return f"{written}, ({', '.join(values)}{',' if len(values) == 1 else ''})"


def _written(text: str, newline: str) -> str:
    """As Python; over several lines as it was, where nothing in it has to be escaped."""
    plain = "\n" in text and text.replace("\n", "").isprintable() and "\\" not in text and '"' not in text
    return '"""' + text.replace("\n", newline) + '"""' if plain else repr(text)


def _is_composed(query: ast.expr) -> bool:
    match query:
        case ast.JoinedStr(values=[ast.Constant(value=str(text)), *rest]):
            return bool(rest and _SQL.match(text))
        case ast.BinOp(op=ast.Add() | ast.Mod(), left=left):
            while isinstance(left, ast.BinOp):
                left = left.left
            return isinstance(left, ast.Constant) and isinstance(left.value, str) and bool(_SQL.match(left.value))
        case ast.Call(func=ast.Attribute(value=ast.Constant(value=str(text)), attr="format")):
            return bool(_SQL.match(text))
    return False

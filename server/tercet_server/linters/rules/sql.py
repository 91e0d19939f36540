"""The rule about SQL that is put together from texts: values become parameters where the driver's style is known."""

import ast
import re
from collections.abc import Iterator

from tercet_server.linters.ruff import RuffFinding
from tercet_server.linters.rules.source import Source

_SQL = re.compile(r"^\s*(select|insert|update|delete|replace|with)\b", re.IGNORECASE)
_NAME_FOLLOWS = re.compile(
    r"\b(from|into|update|table|join|order\s+by|group\s+by|set|select|as|index|on)\s*$", re.IGNORECASE
)
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
                if _NAME_FOLLOWS.search(text) or "?" in text.replace("?", "", len(values)):
                    return None
                text += "\0"
                values.append(ast.unparse(part.value))
            else:
                return None
        text = re.sub(r"'\0'|\"\0\"", "\0", text)
        if re.search(r"'[^']*\0[^']*'", text) or re.search(r"\w\0|\0\w", text):
            return None
        written = repr(text.replace("\0", mark)) if "\n" not in text else f'"""{text.replace(chr(0), mark)}"""'
        return f"{written}, ({', '.join(values)}{',' if len(values) == 1 else ''})"


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

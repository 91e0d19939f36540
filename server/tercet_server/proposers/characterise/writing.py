"""Writes explored cases as a pytest file that a person would keep: tables of values, exceptions, and what else changes. Pure."""

import ast
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from tercet_server.ports import Explored, ExploredCase, SuspectCall
from tercet_server.proposers.characterise.names import Imports, snake, unique

_SINGLETONS = {"None", "True", "False"}
_RESERVED = {"expected", "request", "capsys", "result"}
_RAISES_IN_ONE = 4
"""So many blocks `with pytest.raises` still read well in one test."""


@dataclass(frozen=True)
class Row:
    """A case as one row of a table: values by name, and the expression over these names that is asserted."""

    case: ExploredCase
    values: tuple[tuple[str, str], ...]
    form: str

    @property
    def shape(self) -> tuple[object, ...]:
        outcome = self.case.outcome
        names = tuple(name for name, _ in self.values)
        return (self.case.subject, names, self.form, _is_near(outcome.source, outcome.approximate))


def write(explored: Explored, cases: Sequence[ExploredCase]) -> tuple[str, int]:
    """The file's text and the number of cases in it."""
    imports = Imports(explored.module, frozenset(explored.names))
    known = [prepared for each in cases if (prepared := _with_exception(each)) is not None and imports.take(prepared)]
    taken: set[str] = set()
    tests = [text for subject in _subjects(known) for text in _of_subject(subject, known, taken)]
    body = "\n\n\n".join(tests)
    if "pytest." in body:
        imports.add("pytest")
    head = _docstring(explored.module, explored.suspects)
    return f"{head}\n\n" + "\n".join(imports.lines()) + f"\n\n\n{body}\n", len(known)


def _docstring(module: str, suspects: Sequence[SuspectCall]) -> str:
    first = f'"""What `{module}` does today: found by running it, to notice when it changes.'
    if not suspects:
        return first + '"""'
    lines = [f"- `{_one_line(each)}` raises {each.type}{_said(each)} in line {each.line + 1}." for each in suspects]
    told = "Left out, for it looks like a mistake in the code rather than something to keep:"
    return _escaped("\n".join([first, "", told, "", *lines, '"""']))


def _escaped(text: str) -> str:
    inner = text[3:-3].replace("\\", "\\\\").replace('"""', "'''")
    return f'"""{inner}"""'


def _one_line(suspect: SuspectCall) -> str:
    return "; ".join([*suspect.setup, suspect.call])


def _said(suspect: SuspectCall) -> str:
    message = " ".join(suspect.message.split())[:80]
    return f" ({message})" if message else ""


def _with_exception(case: ExploredCase) -> ExploredCase | None:
    """With the exception's type among what it imports."""
    outcome = case.outcome
    if outcome.kind != "raises":
        return case
    if "<locals>" in outcome.type or not outcome.module:
        return None
    top = outcome.type.partition(".")[0]
    imports = dict(outcome.imports) if outcome.module == "builtins" else {**outcome.imports, top: outcome.module}
    return replace(case, outcome=replace(outcome, imports=imports))


def _subjects(cases: Sequence[ExploredCase]) -> list[str]:
    return list(dict.fromkeys(each.subject for each in cases))


def _of_subject(subject: str, cases: Sequence[ExploredCase], taken: set[str]) -> list[str]:
    own = [each for each in cases if each.subject == subject]
    name = f"test_{snake(subject)}"
    rows: list[Row] = []
    tests: list[str] = []
    raising: list[ExploredCase] = []
    others: list[ExploredCase] = []
    for case in own:
        row = _row(case)
        if case.outcome.kind == "raises":
            raising.append(case)
        elif row is not None:
            rows.append(row)
        else:
            others.append(case)
    tests += _tables(name, rows, taken)
    tests += [_single(name, case, taken) for case in others]
    return tests + _raises(name, raising, taken)


# -- tables


def _row(case: ExploredCase) -> Row | None:
    """None for a case that is no row of a table: it has to be told step by step."""
    outcome = case.outcome
    if outcome.kind != "gives" or outcome.checks or outcome.printed or len(case.setup) > 1:
        return None
    values: list[tuple[str, str]] = []
    form = outcome.form
    if case.setup:
        variable, _, expression = case.setup[0].partition(" = ")
        values.append((variable, expression))
    written = ", ".join(f"{name}{each}" if name.endswith("=") else each for name, each in case.arguments)
    named, arguments = _named_arguments(case, {name for name, _ in values})
    if written and (not named or form.count(written) != 1):
        return Row(case, (), form) if not case.setup else None
    return Row(case, (*values, *arguments), form.replace(written, named) if written else form)


def _named_arguments(case: ExploredCase, taken: set[str]) -> tuple[str, list[tuple[str, str]]]:
    """The arguments as names, and the values of these names; "" if they cannot all be named."""
    written, values = [], []
    functions = set(re.findall(r"\w+", case.subject))
    for name, expression in case.arguments:
        plain = name.rstrip("=")
        if not plain.isidentifier() or plain in taken:
            return "", []
        variable = f"{plain}_" if plain in _RESERVED | functions else plain
        written.append(f"{plain}={variable}" if name.endswith("=") else variable)
        values.append((variable, expression))
        taken.add(plain)
    return ", ".join(written), values


def _tables(name: str, rows: Sequence[Row], taken: set[str]) -> list[str]:
    shapes: dict[tuple[object, ...], list[Row]] = {}
    for row in rows:
        shapes.setdefault(row.shape, []).append(row)
    tables = [each for each in shapes.values() if len(each) > 1 and each[0].values]
    single = [row for each in shapes.values() if not (len(each) > 1 and each[0].values) for row in each]
    written = []
    most = max((len(each) for each in tables), default=0)
    for table in sorted(tables, key=lambda each: -len(each)):
        names = [variable for variable, _ in table[0].values]
        wanted = name if len(table) == most else f"{name}_with_{snake('_'.join(names))}"
        most = -1 if len(table) == most else most
        written.append(_table(unique(wanted, taken), table))
    if single:
        wanted = f"{name}_in_other_ways" if tables else name
        written.append(_asserts(unique(wanted, taken), single))
    return written


def _table(name: str, rows: Sequence[Row]) -> str:
    names = [variable for variable, _ in rows[0].values]
    outcome = rows[0].case.outcome
    sources = {row.case.outcome.source for row in rows}
    parameters = ", ".join(names)
    if len(sources) == 1:
        wanted = sources.pop()
        body = _assertion(rows[0].form, wanted, outcome.approximate)
        given = [_tuple([value for _, value in row.values]) for row in rows]
        head = _names(names)
    else:
        near = _is_near(outcome.source, outcome.approximate)
        singletons = sources <= _SINGLETONS
        value = "pytest.approx(expected)" if near else "expected"
        body = f"assert {_operand(rows[0].form)} {'is' if singletons else '=='} {value}"
        given = [_tuple([*(value for _, value in row.values), row.case.outcome.source]) for row in rows]
        head = _names([*names, "expected"])
        parameters += ", expected"
    rows_written = "\n".join(f"        {each}," for each in given)
    return f"@pytest.mark.parametrize(\n    {head},\n    [\n{rows_written}\n    ],\n)\ndef {name}({parameters}):\n    {body}"


def _names(names: Sequence[str]) -> str:
    return f'"{names[0]}"' if len(names) == 1 else "(" + ", ".join(f'"{each}"' for each in names) + ")"


def _tuple(values: Sequence[str]) -> str:
    return values[0] if len(values) == 1 else f"({', '.join(values)})"


# -- single tests


def _asserts(name: str, rows: Sequence[Row]) -> str:
    lines: list[str] = []
    for row in rows:
        outcome = row.case.outcome
        lines += [*row.case.setup, _assertion(outcome.form, outcome.source, outcome.approximate)]
    return _function(name, lines)


def _single(name: str, case: ExploredCase, taken: set[str]) -> str:
    """A case step by step: what is set up, what is called, what comes of it and what has changed."""
    outcome = case.outcome
    changed = list(dict.fromkeys(re.split(r"\W", expression)[0] for expression, *_ in outcome.checks))
    lines = list(case.setup)
    about_result = any(
        expression.startswith(("result", "len(result", "str(result")) for expression, *_ in outcome.checks
    )
    if outcome.kind == "is":
        lines.append(f"result = {outcome.form}" if about_result or outcome.type else outcome.form)
        lines += [f"assert isinstance(result, {outcome.type})"] if outcome.type else []
        gist = f"gives_{snake(outcome.type)}" if outcome.type else "gives"
    elif outcome.source == "None":
        lines.append(outcome.form)
        changes = [each for each in changed if each not in {"len", "str", "result"}]
        gist = f"changes_{snake(changes[0])}" if changes else "prints"
    else:
        lines.append(_assertion(outcome.form, outcome.source, outcome.approximate))
        gist = "gives_and_changes" if changed else "prints"
    lines += [_assertion(expression, source, near) for expression, source, near in outcome.checks]
    if outcome.printed:
        lines.append(f"assert capsys.readouterr().out == {outcome.printed!r}")
    return _function(unique(f"{name}_{gist}", taken), lines, "capsys" if outcome.printed else "")


def _raises(name: str, cases: Sequence[ExploredCase], taken: set[str]) -> list[str]:
    by_type: dict[str, list[ExploredCase]] = {}
    for case in cases:
        by_type.setdefault(case.outcome.type, []).append(case)
    return [
        _function(
            unique(f"{name}_raises_{snake(kind)}", taken),
            [line for case in group[start : start + _RAISES_IN_ONE] for line in _raising(case)],
        )
        for kind, group in by_type.items()
        for start in range(0, len(group), _RAISES_IN_ONE)
    ]


def _raising(case: ExploredCase) -> list[str]:
    outcome = case.outcome
    message = _pattern(outcome.message)
    match = f", match={message}" if message else ""
    return [*case.setup, f"with pytest.raises({outcome.type}{match}):", f"    {_called(case)}"]


def _called(case: ExploredCase) -> str:
    """An exception of a generator shows when it is asked for items, which `form` says."""
    return case.outcome.form or case.call


def _pattern(message: str) -> str:
    """A regular expression for the message, raw where it has to be escaped; "" for none."""
    if not message or "\n" in message:
        return ""
    escaped = re.escape(message).replace(r"\ ", " ").replace(r"\-", "-").replace("\\'", "'").replace(r"\,", ",")
    quoted = repr(escaped)
    if "\\" not in escaped:
        return quoted
    if escaped.isprintable() and '"' not in escaped and "\\\\" not in escaped:
        return f'r"{escaped}"'
    return quoted


def _function(name: str, lines: Sequence[str], fixture: str = "") -> str:
    body = "\n".join(f"    {line}" for line in lines)
    return f"def {name}({fixture}):\n{body}"


# -- assertions


def _assertion(expression: str, source: str, approximate: bool) -> str:
    expression = _operand(expression)
    if source in _SINGLETONS:
        return f"assert {expression} is {source}"
    if _is_near(source, approximate):
        return f"assert {expression} == pytest.approx({source})"
    return f"assert {expression} == {source}"


def _operand(expression: str) -> str:
    """In parentheses where a comparison would bind otherwise."""
    node = ast.parse(expression, mode="eval").body
    return f"({expression})" if isinstance(node, ast.Compare | ast.BoolOp | ast.Lambda | ast.IfExp) else expression


def _is_near(source: str, approximate: bool) -> bool:
    """Whether `pytest.approx` takes the value: a number, or numbers in one list, tuple or dictionary."""
    if not approximate:
        return False
    try:
        value = ast.literal_eval(source)
    except (ValueError, SyntaxError):
        return source in {"float('inf')", "-float('inf')"}
    items = value.values() if isinstance(value, dict) else value if isinstance(value, list | tuple) else [value]
    return all(isinstance(each, int | float) for each in items)

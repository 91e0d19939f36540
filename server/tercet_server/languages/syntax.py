"""Syntax errors of a text, said as plainly as the tools allow: Python's own words for Python, the grammar's for the rest."""

import re
import threading
import warnings
from dataclasses import dataclass

from tercet_shared.edits import Position, Range
from tree_sitter import Node

from tercet_server.languages.catalogue import Language, language_of
from tercet_server.languages.parsing import ParsedText, parse

_LINE_END = re.compile(r"\r\n|\r|\n")
_TEXT_CHARACTERS = 2_000_000
_ERRORS_SHOWN = 20
_PYTHON_2 = {"print_statement", "exec_statement"}
_warnings_lock = threading.Lock()


@dataclass(frozen=True)
class SyntaxProblem:
    message: str
    range: Range


def syntax_errors(path: str, text: str) -> list[SyntaxProblem]:
    """What is wrong with the syntax of a text; nothing for an unknown language or more than 2 million characters.

    CPU-bound: call it in a thread. Python newer than our own is judged by the grammar, which knows it.
    """
    language = language_of(path)
    if language is None or len(text) > _TEXT_CHARACTERS:
        return []
    if language.name != "python":
        return _grammar_errors(parse(text, language))
    own = _python_error(text)
    if own is None:
        return []
    parsed = parse(text, language)
    doubted = not parsed.root.has_error and not any(node.type in _PYTHON_2 for node in parsed.walk())
    return [] if doubted and not own.certain else [own.problem]


@dataclass(frozen=True)
class _PythonError:
    problem: SyntaxProblem
    certain: bool
    """Whether no later Python could accept it."""


def _python_error(text: str) -> _PythonError | None:
    try:
        with _warnings_lock, warnings.catch_warnings():
            warnings.simplefilter("ignore")
            compile(text, "<text>", "exec", dont_inherit=True)
    except SyntaxError as error:
        return _PythonError(_problem(text, error), _is_certain(error))
    except (ValueError, UnicodeError) as error:
        return _PythonError(SyntaxProblem(f"the text is no Python source: {error}", _point(0, 0)), certain=True)
    except (RecursionError, MemoryError, OverflowError):
        return None  # too deeply nested for us to judge
    return None


def _is_certain(error: SyntaxError) -> bool:
    said = str(error.msg)
    return isinstance(error, IndentationError) or "outside" in said or "repeated" in said or "duplicate" in said


def _problem(text: str, error: SyntaxError) -> SyntaxProblem:
    """CPython counts lines and columns (code points) from one, and 0 or None where it does not know."""
    lines = _LINE_END.split(text)
    line = min(max(1, error.lineno or 1), len(lines)) - 1
    length = len(lines[line])
    start = min(max(0, (error.offset or 1) - 1), length)
    end = start
    if error.end_lineno == error.lineno and error.end_offset:
        end = min(max(start, error.end_offset - 1), length)
    if end == start:
        end = min(start + 1, length)
    return SyntaxProblem(
        error.msg or "invalid syntax",
        Range(start=Position(line=line, character=start), end=Position(line=line, character=end)),
    )


def _grammar_errors(parsed: ParsedText) -> list[SyntaxProblem]:
    found = []
    for node in parsed.walk():
        if node.is_missing:
            found.append(SyntaxProblem(f"missing {_shown(node.type)}", parsed.range_of(node)))
        elif node.is_error:
            found.append(SyntaxProblem(_unexpected(parsed, node), parsed.range_of(node)))
        if len(found) == _ERRORS_SHOWN:
            break
    return found


def _unexpected(parsed: ParsedText, node: Node) -> str:
    source = parsed.source_of(node).strip().splitlines()
    return f"unexpected {_shown(source[0][:40])}" if source else "invalid syntax"


def _shown(text: str) -> str:
    return f"`{text}`"


def _point(line: int, character: int) -> Range:
    position = Position(line=line, character=character)
    return Range(start=position, end=position)


def grammar_errors(text: str, language: Language) -> list[SyntaxProblem]:
    """What the grammar alone says (tolerant of dialects and of versions newer than our own Python)."""
    return _grammar_errors(parse(text, language))

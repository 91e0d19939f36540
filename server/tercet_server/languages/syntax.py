"""Syntax errors of a text, said as plainly as the tools allow: Python's own words for Python, the grammar's for the rest."""

import re
import threading
import warnings
from dataclasses import dataclass

from tercet_shared.edits import Position, Range
from tree_sitter import Node

from tercet_server.languages.catalogue import Language, language_of
from tercet_server.languages.grammars import grammar_problem
from tercet_server.languages.parsing import TEXT_CHARACTERS, ParsedText, parse

_LINE_END = re.compile(r"\r\n|\r|\n")
_ERRORS_SHOWN = 20
_LOOKED_BACK = 1000
_PYTHON_2 = {"print_statement", "exec_statement"}
_warnings_lock = threading.Lock()


@dataclass(frozen=True)
class SyntaxProblem:
    message: str
    range: Range


def syntax_errors(path: str, text: str) -> list[SyntaxProblem]:
    """What is wrong with the syntax of a text; nothing where it cannot be judged (see `judges_syntax`).

    CPU-bound: call it in a thread. Python newer than our own is judged by the grammar, which knows it.
    """
    language = language_of(path, text)
    if language is None or not _is_judged(language, text):
        return []
    if language.name != "python":
        return grammar_errors(text, language)
    own = _python_error(text)
    if own is None:
        return []
    return [] if not own.certain and _accepted_by_grammar(text, language) else [own.problem]


def judges_syntax(path: str, text: str) -> bool:
    """Whether `syntax_errors` has a say: it knows the language and trusts its grammar, and the text is not too long."""
    language = language_of(path, text)
    return language is not None and _is_judged(language, text)


def _is_judged(language: Language, text: str) -> bool:
    return language.syntax_check and len(text) <= TEXT_CHARACTERS and grammar_problem(language) is None


def _accepted_by_grammar(text: str, language: Language) -> bool:
    parsed = parse(text, language)
    return (
        parsed is not None and not parsed.root.has_error and not any(node.type in _PYTHON_2 for node in parsed.walk())
    )


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
    found: list[SyntaxProblem] = []
    if not parsed.root.has_error:
        return found
    for node in parsed.walk():
        if node.is_missing:
            found.append(SyntaxProblem(f"missing {_shown(node.type)}", _after_the_last_word(parsed, node.start_byte)))
        elif node.is_error:
            found.append(SyntaxProblem(_unexpected(parsed, node), parsed.range_of(node.start_byte, node.end_byte)))
        if len(found) == _ERRORS_SHOWN:
            break
    return found


def _unexpected(parsed: ParsedText, node: Node) -> str:
    source = parsed.source(node.start_byte, node.end_byte).strip().splitlines()
    return f"unexpected {_shown(source[0][:40])}" if source else "invalid syntax"


def _shown(text: str) -> str:
    return f"`{text}`"


def _point(line: int, character: int) -> Range:
    position = Position(line=line, character=character)
    return Range(start=position, end=position)


def grammar_errors(text: str, language: Language) -> list[SyntaxProblem]:
    """What the grammar alone says (tolerant of dialects and of versions newer than our own Python)."""
    parsed = parse(text, language)
    return _grammar_errors(parsed) if parsed is not None else []


def _after_the_last_word(parsed: ParsedText, offset: int) -> Range:
    """Where a person would put what is missing: not at the next word, which may be lines below."""
    before = parsed.data[max(0, offset - _LOOKED_BACK) : offset]
    place = offset - len(before) + len(before.rstrip()) if before.strip() else offset
    return parsed.range_of(place, place)

"""Syntax errors of a text, said as plainly as the tools allow: Python's own words for Python, the grammar's for the rest."""

import re
from dataclasses import dataclass
from itertools import islice

from tercet_shared.edits import Position, Range
from tree_sitter import Node

from tercet_server.languages.catalogue import Language, language_of
from tercet_server.languages.parsing import TEXT_CHARACTERS, ParsedText, parse
from tercet_server.languages.quietly import without_warnings

_LINE_END = re.compile(r"\r\n|\r|\n")
_ERRORS_SHOWN = 20
_LOOKED_AT = 1000
_PYTHON_2 = {"print_statement", "exec_statement"}


@dataclass(frozen=True)
class SyntaxProblem:
    message: str
    range: Range


def syntax_errors(path: str, text: str) -> list[SyntaxProblem]:
    """What is wrong with the syntax of a text; nothing for an unknown language, or one whose grammar errs by itself.

    CPU-bound: call it in a thread. Python newer than our own is judged by the grammar, which knows it.
    """
    language = language_of(path, text)
    if language is None or language.syntax_check != "always":
        return []
    return _errors(text, language) or []


def errors_of_change(path: str, before: str | None, after: str) -> list[SyntaxProblem] | None:
    """The syntax errors that a change leaves or, in a language whose grammar errs by itself, brings into a sound text.

    None where that cannot be told: an unknown language, a text that is too long or too hard, or, in such a language, a
    text that is new (`before` is None) or was found wrong before. CPU-bound: call it in a thread.
    """
    language = language_of(path, after)
    if language is None:
        return None
    if language.syntax_check == "changes" and (before is None or _errors(before, language) != []):
        return None
    return _errors(after, language)


def grammar_errors(text: str, language: Language) -> list[SyntaxProblem] | None:
    """What the grammar alone says (tolerant of dialects and of versions newer than our own Python); None if nothing."""
    parsed = parse(text, language)
    return _grammar_errors(parsed) if parsed is not None else None


def _errors(text: str, language: Language) -> list[SyntaxProblem] | None:
    return _python_errors(text, language) if language.name == "python" else grammar_errors(text, language)


def _python_errors(text: str, language: Language) -> list[SyntaxProblem] | None:
    if len(text) > TEXT_CHARACTERS:
        return None
    try:
        with without_warnings():
            compile(text, "<text>", "exec", dont_inherit=True)
    except SyntaxError as error:
        known = not _is_certain(error) and _accepted_by_grammar(text, language)
        return [] if known else [_problem(text, error)]
    except (ValueError, UnicodeError) as error:
        return [SyntaxProblem(f"the text is no Python source: {error}", _point(0, 0))]
    except (RecursionError, MemoryError, OverflowError):
        return grammar_errors(text, language)  # too deeply nested for Python
    return []


def _accepted_by_grammar(text: str, language: Language) -> bool:
    parsed = parse(text, language)
    return parsed is not None and not parsed.root.has_error and not _has_python_2(parsed.root)


def _has_python_2(root: Node) -> bool:
    pending = [root]
    while pending:
        node = pending.pop()
        if node.type in _PYTHON_2:
            return True
        pending.extend(node.named_children)
    return False


def _is_certain(error: SyntaxError) -> bool:
    """Whether no later Python could accept it."""
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
    for node in islice(parsed.wrong_nodes(), _ERRORS_SHOWN):
        if node.is_missing:
            found.append(SyntaxProblem(f"missing {_shown(node.type)}", _after_the_last_word(parsed, node.start_byte)))
        else:
            found.append(SyntaxProblem(_unexpected(parsed, node), parsed.range_of(node.start_byte, node.end_byte)))
    return found


def _unexpected(parsed: ParsedText, node: Node) -> str:
    source = parsed.source(node.start_byte, min(node.end_byte, node.start_byte + _LOOKED_AT)).strip().splitlines()
    return f"unexpected {_shown(source[0][:40])}" if source else "invalid syntax"


def _shown(text: str) -> str:
    return f"`{text}`"


def _point(line: int, character: int) -> Range:
    position = Position(line=line, character=character)
    return Range(start=position, end=position)


def _after_the_last_word(parsed: ParsedText, offset: int) -> Range:
    """Where a person would put what is missing: not at the next word, which may be lines below."""
    before = parsed.data[max(0, offset - _LOOKED_AT) : offset]
    place = offset - len(before) + len(before.rstrip()) if before.strip() else offset
    return parsed.range_of(place, place)

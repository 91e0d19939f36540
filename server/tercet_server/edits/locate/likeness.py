"""Whether a line of context may stand for a line of the file that reads differently: only where no code differs."""

import re

_WORD = re.compile(r"\w+")
_COMMENT = re.compile(r"(?:^|(?<=\s))(?://[/!]?|#(?![\[!])|/\*+|\*(?=\s|$)|--(?=\s)|<!--|;+(?=\s)|%(?=\s)|\"\"\"|''')")
_PROSE_WORD = re.compile(r"[(\"*`]{0,3}[A-Za-z][A-Za-z'-]*[.,:;!?)\"*`]{0,3}$|\d+[.,:]?$|[-–/&]$")
_PLAIN_WORD = re.compile(r"[A-Za-z]?[a-z]+")
_KEYWORDS = frozenset(
    """
    assert await break case catch class const continue def default defer del delete do elif else end
    enum except export extends extern final finally fn for from func function global go if impl
    implements import include interface let loop match mod module namespace new nonlocal not package
    pass private protected public pub raise require return select static struct switch throw trait try
    type union unless unset until use using var void when where while with yield
    """.split()  # noqa: SIM905  # a list of that many words is unreadable
)
_CLOSING_WORDS = frozenset({"end", "fi", "done", "esac", "else", "endif", "begin", "do", "then"})
_SOLID_CHARACTERS = 6
_MIN_COMMENT_WORDS = 3
_MIN_PROSE_WORDS = 5


def is_like(context: str, line: str) -> bool:
    """Both folded at TYPOGRAPHY. The same words with other punctuation, or the same code with a slightly reworded comment:
    models copy prose by heart. A differing word of code is another place."""
    if not context or not line:
        return False
    words, others = _WORD.findall(context), _WORD.findall(line)
    if words == others and words:
        return True
    code, comment = _split(context)
    other_code, other_comment = _split(line)
    if code.split() != other_code.split() or not comment or not other_comment:
        return False
    return _reworded(_WORD.findall(comment), _WORD.findall(other_comment))


def is_solid(line: str) -> bool:
    """Whether finding the line says anything: `}` and `else:` stand everywhere."""
    return word_characters(line) >= _SOLID_CHARACTERS


def says_nothing(line: str) -> bool:
    """Whether the line only closes or parts what others opened."""
    return not set(_WORD.findall(line)) - _CLOSING_WORDS


def word_characters(line: str) -> int:
    return sum(map(len, _WORD.findall(line)))


def _split(line: str) -> tuple[str, str]:
    """Code and comment. A line of plain words is prose: the inside of a docstring, a paragraph of Markdown."""
    match = _COMMENT.search(line)
    if match:
        return line[: match.start()], line[match.start() :]
    return ("", line) if _is_prose(line) else (line, "")


def _is_prose(line: str) -> bool:
    words = line.split()
    return len(words) >= _MIN_PROSE_WORDS and words[0] not in _KEYWORDS and all(map(_PROSE_WORD.match, words))


def _reworded(words: list[str], others: list[str]) -> bool:
    """One word in four may differ, and one of a short comment: plain words, for names tell look-alikes apart."""
    if min(len(words), len(others)) < _MIN_COMMENT_WORDS or len(words) != len(others):
        return False
    differing = [pair for pair in zip(words, others, strict=True) if pair[0] != pair[1]]
    return len(differing) <= max(1, len(words) // 4) and all(
        _PLAIN_WORD.fullmatch(word) for pair in differing for word in pair
    )

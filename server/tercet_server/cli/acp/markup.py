"""Words of others inside Markdown: shown as they are, unable to become a link, a picture or a heading, or to leave their place.

Pure. Others are the workspace, its tests and tools, and whoever wrote a file's name; editors show what the agent says as Markdown.
"""

import re

from tercet_server.cli.terminal import printable

_CODE_SPAN = re.compile(r"(?<!`)(`+)(?!`).+?(?<!`)\1(?!`)")
_MARKUP = re.compile(r"[\\`*_\[\]<>#!|~&$@]|^[-+=]|^\d+(?=[.)])|:(?=//)|(?<=www)\.", re.IGNORECASE)
"""What may mean something to some reader of Markdown, at the beginning of a line or anywhere."""


def escaped(sentence: str) -> str:
    """On one line, with what stands in it as code left as it is: nothing in a code span has a meaning."""
    line = " ".join(printable(sentence).split())
    told, place = [], 0
    for span in _CODE_SPAN.finditer(line):
        told += [_without_markup(line[place : span.start()], first=place == 0), span[0]]
        place = span.end()
    told.append(_without_markup(line[place:], first=place == 0))
    return "".join(told)


def quoted(words: str) -> str:
    """For titles, which some editors take for Markdown and some do not: as it is, or as code where it has any markup."""
    line = " ".join(printable(words).split())
    if not _MARKUP.search(line):
        return line
    longest = max((len(each) for each in re.findall(r"`+", line)), default=0)
    marks = "`" * (longest + 1)
    room = " " if line.startswith("`") or line.endswith("`") else ""
    return f"{marks}{room}{line}{room}{marks}"


def _without_markup(words: str, *, first: bool) -> str:
    """`first`: it begins the line."""
    return _MARKUP.sub(lambda found: _escape(found, first=first), words)


def _escape(found: "re.Match[str]", *, first: bool) -> str:
    mark = found[0]
    if mark.isdigit():
        return f"{mark}\\" if first else mark
    return f"\\{mark}"

"""Finds the file names that a reply writes beside its edits. Does not know which files there are."""

import re
from collections.abc import Sequence

_FENCE = re.compile(r"^\s{0,3}(`{3,}|~{3,})\s*([^`]*)$")
_LABEL = re.compile(r"^(?:file(?:name|path)?|path|in|edit|update|create)(?:\s*:\s*|\s+)", re.IGNORECASE)
_QUOTED = re.compile(r"`([^`\n]{1,400})`|\*\*([^*\n]{1,400})\*\*")
_PATH = re.compile(r"[^\s<>|\"'`*?]*[\w\])}][^\s<>|\"'`*?]*")
_INFO_ATTRIBUTE = re.compile(r"(?:path|file|filename|title)\s*=\s*\"?([^\s\"}]+)")
_KNOWN_BARE = frozenset(
    {"Makefile", "Dockerfile", "LICENSE", "README", "Jenkinsfile", "Procfile", "Gemfile", "Rakefile"}
)
_LOOK_BACK_LINES = 4
_MAX_LINE = 500
"""No longer line names a file."""


def is_fence(line: str) -> bool:
    return len(line) <= _MAX_LINE and _FENCE.match(line) is not None


def path_of_info(line: str) -> str | None:
    """The path that an opening fence names: ```` ```python:src/a.py ````, ```` ```src/a.py ````, `{path=src/a.py}`."""
    match = _FENCE.match(line) if len(line) <= _MAX_LINE else None
    if match is None:
        return None
    info = match[2].strip()
    if attribute := _INFO_ATTRIBUTE.search(info):
        return attribute[1]
    for word in reversed(info.split()):
        _, _, behind = word.partition(":")
        for name in (behind, word):
            if name and _looks_like_path(name):
                return name
    return None


def path_above(lines: Sequence[str], at: int, first: int = 0) -> str | None:
    """The path in the nearest lines above `lines[at]`, not before `first`; fences and blank lines are passed over."""
    seen = 0
    for index in range(at - 1, first - 1, -1):
        line = lines[index]
        if is_fence(line):
            if named := path_of_info(line):
                return named
            continue
        if line.strip():
            if named := path_in(line):
                return named
            seen += 1
        if seen >= _LOOK_BACK_LINES // 2 or at - index >= _LOOK_BACK_LINES:
            break
    return None


def path_in(line: str) -> str | None:
    """The path that a line of prose or a heading names: `src/a.py`, `### src/a.py:`, "File: src/a.py", "In `src/a.py`"."""
    text = line.strip()
    if len(text) > _MAX_LINE:
        return None
    for match in _QUOTED.finditer(text):
        name = (match[1] or match[2]).strip().rstrip(":")
        if _looks_like_path(name):
            return name
    text = text.lstrip("#>*- ").rstrip(": ").strip("`*\"' ")
    for name in (_LABEL.sub("", text, count=1).strip("`*\"' "), text):
        if _looks_like_path(name):
            return name
    return None


def _looks_like_path(name: str) -> bool:
    if name in _KNOWN_BARE:
        return True
    base = re.split(r"[/\\]", name)[-1]
    dotted = "." in base.strip(".") or base.startswith(".")
    if " " in name:  # a name with blanks must look like a path in every other way
        return "/" in name and dotted and not name.endswith(".") and base.count(" ") <= 2 and ", " not in name
    return bool(_PATH.fullmatch(name)) and (dotted or "/" in name) and not name.endswith((".", ",", ";", "("))

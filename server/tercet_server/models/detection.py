"""Finds secrets in a line of text by detect-secrets' detectors. Asks nobody whether they are valid; knows no prompt."""

import re
import threading
from collections.abc import Iterator
from functools import cache, lru_cache
from typing import Any

from tercet_shared.errors import NoModel

from tercet_server.models.library import HOW_TO_ADD

QUOTED = ("line.py", "line.c", "line.cs", "line.m", "line.go")
"""Names of files for whose languages the keyword detector has patterns of its own: a secret there is in quotes."""

UNQUOTED = "line.conf"
"""The same for files where it needs none."""

_SETTING = re.compile(r"""^\s*(?:export\s+)?[\w.-]+\s*(?:=>|[:=])\s*(?P<value>[^\s'"`]\S{5,})\s*$""")
"""A line that says `key = value` or `key: value` and nothing else."""

_EXPRESSION = re.compile(r"[\d.]+$|[A-Za-z_]\w*(?:\.\w+)+[,;:]?$|[A-Za-z_][\w.]*[(\[]")

SHORTEST_VALUE = 6
"""Characters; what is shorter is not the secret itself."""

_LOCK = threading.Lock()


@lru_cache(maxsize=20_000)
def secrets_of_line(line: str) -> tuple[str, ...]:
    """What looks like a secret in the line, as written. Blocks. Raises NoModel if the extra is not installed."""
    return tuple(dict.fromkeys(each for each in _found(line) if each))


def _found(line: str) -> Iterator[str]:
    detectors, keywords = _detectors()
    for detector in detectors:
        yield from _values(detector, "line.txt", line)
    for name in QUOTED:
        yield from _values(keywords, name, line)
    if (setting := _SETTING.match(line)) is not None and _is_no_expression(setting["value"]):
        yield from _values(keywords, UNQUOTED, line)


def _values(detector: Any, name: str, line: str) -> Iterator[str]:
    """Without a `context`, for with one detect-secrets asks vendors over the network whether a secret is valid."""
    found = {each.secret_value for each in detector.analyze_line(filename=name, line=line, line_number=1, context=None)}
    for value in found:
        if isinstance(value, str) and len(value) >= SHORTEST_VALUE:
            yield value
        else:  # some detectors tell only which kind it is: "ghp" of a whole token
            yield from (match[0] for pattern in getattr(detector, "denylist", ()) for match in pattern.finditer(line))


def _is_no_expression(value: str) -> bool:
    """Code assigns names, calls, items and numbers; a secret without quotes has a digit or a sign in it."""
    return bool(re.search(r"[^A-Za-z_]", value)) and not _EXPRESSION.match(value)


@cache
def _detectors() -> tuple[list[Any], Any]:
    """All detectors but the one for keywords, and that one. detect-secrets keeps its settings in a module, hence the lock."""
    try:
        from detect_secrets.settings import default_settings, get_plugins  # noqa: PLC0415  # of the extra, and half a second
    except ImportError:
        raise NoModel(HOW_TO_ADD) from None
    with _LOCK, default_settings():
        plugins = list(get_plugins())
    keywords = [each for each in plugins if type(each).__name__ == "KeywordDetector"]
    return [each for each in plugins if each not in keywords], keywords[0]

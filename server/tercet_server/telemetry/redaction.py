"""Keeps secrets out of what is written: known ones by value, others by the name of the key or the shape of the text."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

MASK = "[redacted]"

_SECRET_KEY = re.compile(r"(?i)(token|secret|passw(or)?d|api_?key|authorization|credential|cookie)")
_BEARER = re.compile(r"(?i)\b(bearer|basic)\s+[A-Za-z0-9._~+/=-]{8,}")
_ASSIGNED = re.compile(
    r"""(?i)\b([\w-]*(?:token|secret|passw(?:or)?d|api[_-]?key))(["']?\s*[=:]\s*["']?)[^\s"',;&]{6,}"""
)
_IN_URL = re.compile(r"(?<=://)[^/\s:@]+:[^/\s@]+(?=@)")


class Redaction:
    """A structlog processor. `secrets` are masked wherever they stand."""

    def __init__(self, secrets: Sequence[str] = ()) -> None:
        known = sorted((re.escape(each) for each in secrets if each), key=len, reverse=True)
        self._known = re.compile("|".join(known)) if known else None

    def __call__(self, logger: Any, method: str, record: Mapping[str, Any]) -> dict[str, Any]:
        return {key: self._masked(key, value) for key, value in record.items()}

    def text(self, text: str) -> str:
        """The text without what looks like a secret."""
        if self._known:
            text = self._known.sub(MASK, text)
        text = _BEARER.sub(rf"\1 {MASK}", text)
        text = _ASSIGNED.sub(rf"\1\2{MASK}", text)
        return _IN_URL.sub(MASK, text)

    def _masked(self, key: str, value: Any) -> Any:
        if isinstance(value, (int, float)) or value is None:
            return value
        if _SECRET_KEY.search(key):
            return MASK
        if isinstance(value, str):
            return self.text(value)
        if isinstance(value, Mapping):
            return {str(name): self._masked(str(name), each) for name, each in value.items()}
        if isinstance(value, (list, tuple, set, frozenset)):
            return [self._masked("", each) for each in value]
        return self.text(repr(value))

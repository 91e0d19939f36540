"""Turns whatever litellm raises into one of our errors: which class of failure, and the vendor's own words without the key."""

import json
import re
from collections.abc import Callable, Mapping

from tercet_shared.errors import ContentFiltered, ContextTooLong, ModelBusy, ModelFailed, ModelRejected, TercetError

WORDS_LIMIT = 300
"""Characters of the vendor's own words that a sentence quotes."""

_TOO_LONG = re.compile(
    r"(?i)context.?(?:length|window)|prompt is too long|maximum context|input length exceeds|request_too_large"
)
_FILTERED = re.compile(r"(?i)content.?filter|content.?management.?policy|content.?policy|safety system")
_NOISE = re.compile(r"^(?:litellm\.)?\w*(?:Error|Exception|Timeout)\w*(?:\s-)?:?\s*")
_AFTERWORD = re.compile(r"\s*(?:Original exception:|Handle with `litellm)")
_JSON_MESSAGE = re.compile(r'"(?:message|error)"\s*:\s*("(?:[^"\\]|\\.)*")')

_REFUSED = {400, 401, 402, 403, 404, 405, 422}
_LATER = {429, 503, 529}


def translate(error: Exception, model: str, mask: Callable[[str], str]) -> TercetError:
    """`data["refused"]`: the vendor did not do the work, so that nothing is to pay."""
    kinds = {each.__name__ for each in type(error).__mro__}
    inner = getattr(error, "original_exception", None)
    if (
        "MidStreamFallbackError" in kinds
        and isinstance(inner, Exception)
        and getattr(error, "is_pre_first_chunk", False)
    ):
        return translate(inner, model, mask)  # nothing had come yet: a refusal like any other
    status = int(getattr(error, "status_code", None) or 0)
    words = mask(_words(error))
    said = "." if not words else f": {words}" if words.endswith((".", "!", "?")) else f": {words}."
    if "ContextWindowExceededError" in kinds or status == 413 or (status == 400 and _TOO_LONG.search(str(error))):
        return ContextTooLong(f"{model} cannot read that much at once{said}", refused=True)
    if "ContentPolicyViolationError" in kinds or (status == 400 and _FILTERED.search(words)):
        return ContentFiltered(f"{model} withheld its answer{said}", refused=True)
    if "MidStreamFallbackError" in kinds:
        return ModelFailed(f"{model} broke off in the middle of its answer{said}")
    return _by_status(error, status, model, said)


def _by_status(error: Exception, status: int, model: str, said: str) -> TercetError:
    if status in _REFUSED:
        hint = " Check its key." if status in (401, 403) else " Check its name." if status == 404 else ""
        return ModelRejected(f"{model} refused the request ({status}){said}{hint}", refused=True, status=status)
    if status in _LATER:
        wait_s = retry_after_s(error)
        asks = f" It asks to wait {wait_s:.0f} s." if wait_s is not None else ""
        return ModelBusy(f"{model} is busy ({status}){said}{asks}", refused=True, retry_after_s=wait_s)
    return ModelFailed(f"{model} failed ({status or type(error).__name__}){said}", refused=status >= 400)


def retry_after_s(error: Exception) -> float | None:
    """Seconds that the vendor asks to wait, if it does so in seconds (RFC 9110, 10.2.3; dates are not looked at)."""
    response = getattr(error, "response", None)
    for headers in (getattr(error, "litellm_response_headers", None), getattr(response, "headers", None)):
        if isinstance(headers, Mapping):
            value = headers.get("retry-after")
            if value is not None and re.fullmatch(r"\d{1,7}(\.\d+)?", value.strip()):
                return float(value)
    return None


def _words(error: Exception) -> str:
    """The vendor's message on one line, without litellm's framing."""
    text = str(error)
    found = _JSON_MESSAGE.search(text)
    if found:
        try:
            text = json.loads(found[1])
        except ValueError:
            text = found[1]
    else:
        previous = None
        while previous != text:
            previous, text = text, _NOISE.sub("", text)
    line = " ".join(_AFTERWORD.split(text)[0].split())
    return line if len(line) <= WORDS_LIMIT else f"{line[: WORDS_LIMIT - 3]}..."

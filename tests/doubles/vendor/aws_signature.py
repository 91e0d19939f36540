"""Whether a request is signed as AWS asks for (Signature Version 4), worked out anew from what arrived."""

import hashlib
import hmac
import re
from urllib.parse import quote

from tests.doubles.vendor.server import Received

_AUTHORIZATION = re.compile(
    r"AWS4-HMAC-SHA256 Credential=(?P<key>[^/]+)/(?P<scope>[^,]+), SignedHeaders=(?P<headers>[^,]+), Signature=(?P<signature>\w+)"
)


def signed_by(received: Received, secret_key: str) -> tuple[str, str] | None:
    """(access key, region) of a request whose signature is right; else None."""
    found = _AUTHORIZATION.fullmatch(received.headers.get("authorization", ""))
    if found is None:
        return None
    day, region, service, ending = found["scope"].split("/")
    names = found["headers"].split(";")
    canonical = [
        "POST",
        quote(received.raw_path, safe="/-_.~"),
        "",
        *(f"{name}:{received.headers[name].strip()}" for name in names),
        "",
        ";".join(names),
        hashlib.sha256(received.raw).hexdigest(),
    ]
    text = "\n".join(
        ["AWS4-HMAC-SHA256", received.headers["x-amz-date"], found["scope"], _sha256("\n".join(canonical))]
    )
    key = f"AWS4{secret_key}".encode()
    for part in (day, region, service, ending, text):
        key = hmac.new(key, part.encode(), hashlib.sha256).digest()
    return (found["key"], region) if key.hex() == found["signature"] else None


def _sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()

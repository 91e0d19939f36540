"""What reaches Amazon Bedrock: a bearer token or AWS's keys, the endpoint of a region, and both as litellm takes them. Pure.

AWS's keys are written as its tools print them for other programs (`aws configure export-credentials`, any `credential_process`).
"""

import json
import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Annotated

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, ValidationError

KIND = "bedrock"
VARIABLES = {
    "AccessKeyId": "AWS_ACCESS_KEY_ID",
    "SecretAccessKey": "AWS_SECRET_ACCESS_KEY",
    "SessionToken": "AWS_SESSION_TOKEN",
}
SPARE = timedelta(minutes=2)
"""Keys that expire sooner are looked up anew: a request begins with them and is read to its end."""

_REGION = re.compile(r"[a-z]{2,4}(-[a-z]+){1,3}-\d{1,2}")

_Secret = Annotated[str, Field(min_length=1, max_length=4096, repr=False)]


class AwsKeys(BaseModel):
    """Keys with which a request is signed."""

    model_config = ConfigDict(frozen=True, hide_input_in_errors=True)

    access_key: _Secret = Field(alias="AccessKeyId")
    secret_key: _Secret = Field(alias="SecretAccessKey")
    session_token: str = Field(alias="SessionToken", default="", max_length=8192, repr=False)
    expires_at: AwareDatetime | None = Field(alias="Expiration", default=None)


def keys_of(key: str) -> AwsKeys | None:
    """None for a bearer token. Raises ValueError, without any of the text, for keys that are not whole."""
    if not key.startswith("{"):
        return None
    try:
        return AwsKeys.model_validate_json(key)
    except ValidationError:
        raise ValueError("these are no keys of AWS") from None


def from_variables(environ: Mapping[str, str]) -> str:
    """AWS's own variables as one text that `keys_of` reads; empty if they are not set."""
    found = {name: environ.get(variable, "").strip() for name, variable in VARIABLES.items()}
    if not found["AccessKeyId"] or not found["SecretAccessKey"]:
        return ""
    return json.dumps(found)


def is_stale(key: str) -> bool:
    """Whether these are keys that expire about now."""
    keys = keys_of(key)
    return keys is not None and keys.expires_at is not None and keys.expires_at - SPARE < datetime.now(UTC)


def secrets_of(key: str) -> list[str]:
    """Each text that nobody may see."""
    try:
        keys = keys_of(key)
    except ValueError:  # a key of another vendor
        keys = None
    return [key] if keys is None else [each for each in (keys.access_key, keys.secret_key, keys.session_token) if each]


def endpoint(region: str) -> str:
    """Where a region's models are. Raises ValueError for what is no region."""
    if not _REGION.fullmatch(region):
        raise ValueError(region)
    return f"https://bedrock-runtime.{region}.amazonaws.com{'.cn' if region.startswith('cn-') else ''}"


def arguments(key: str, region: str, url: str) -> dict[str, str]:
    """What litellm is told, so that it looks for nothing of it in the environment; an empty text says that there is none."""
    where = {"aws_bedrock_runtime_endpoint": url} | ({"aws_region_name": region} if region else {})
    keys = keys_of(key)
    if keys is None:
        return {"api_key": key, **where}
    return {
        "api_key": "",
        "aws_access_key_id": keys.access_key,
        "aws_secret_access_key": keys.secret_key,
        "aws_session_token": keys.session_token,
        **where,
    }

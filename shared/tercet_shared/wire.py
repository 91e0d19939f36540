"""The base of every model that crosses a wire. No behaviour beyond validation."""

from pydantic import BaseModel, ConfigDict


class Wire(BaseModel):
    """Frozen, and strict about unknown keys: a misspelt key is an error, never silently dropped."""

    model_config = ConfigDict(frozen=True, extra="forbid")

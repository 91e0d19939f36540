"""The evidence for a change, written for other programs and for people: JSON, SARIF, Markdown."""

from enum import StrEnum


class Format(StrEnum):
    JSON = "json"
    MARKDOWN = "markdown"
    SARIF = "sarif"

"""Parsers of findings: SARIF, cargo's JSON messages, ESLint's JSON, and lines that a regular expression describes."""

import json
import re
from collections.abc import Iterator, Mapping
from itertools import islice
from typing import Any

from tercet_server.checks.outputs.found import (
    MOST_FOUND,
    FindingParser,
    ToolFinding,
    Within,
    number,
    sentence,
    severity_of,
)

_LINE_CHARACTERS = 4000


def sarif(output: bytes, within: Within) -> list[ToolFinding]:
    """SARIF 2.1.0: `runs[].results[]`, each at its first physical location."""
    return list(islice(_sarif(document(output), within), MOST_FOUND))


def _sarif(log: object, within: Within) -> Iterator[ToolFinding]:
    for run in items(log, "runs"):
        for result in items(run, "results"):
            place = table(table(next(iter(items(result, "locations")), None)).get("physicalLocation"))
            path = within.path(str(table(place.get("artifactLocation")).get("uri") or ""))
            region = table(place.get("region"))
            line = number(region.get("startLine"))
            if path is None or line is None:
                continue
            yield ToolFinding(
                path=path,
                line=line,
                column=number(region.get("startColumn")),
                severity=severity_of(str(result.get("level", "warning"))),
                rule=sentence(result.get("ruleId") or "finding"),
                message=sentence(table(result.get("message")).get("text", "")),
                end_line=number(region.get("endLine")),
                end_column=number(region.get("endColumn")),
            )


def cargo(output: bytes, within: Within) -> list[ToolFinding]:
    """`cargo check|clippy --message-format=json`: one compiler message a line, at its primary span."""
    return list(islice(_cargo(output, within), MOST_FOUND))


def _cargo(output: bytes, within: Within) -> Iterator[ToolFinding]:
    for line in output.splitlines():
        message = table(table(document(line)).get("message"))
        for span in items(message, "spans"):
            path, at = within.path(str(span.get("file_name", ""))), number(span.get("line_start"))
            if span.get("is_primary") is True and path is not None and at is not None:
                yield ToolFinding(
                    path=path,
                    line=at,
                    column=number(span.get("column_start")),
                    severity=severity_of(str(message.get("level", ""))),
                    rule=sentence(table(message.get("code")).get("code") or "rustc"),
                    message=sentence(message.get("message", "")),
                    end_line=number(span.get("line_end")),
                    end_column=number(span.get("column_end")),
                )
                break


def eslint(output: bytes, within: Within) -> list[ToolFinding]:
    """ESLint's `--format json`; severity 2 is an error."""
    return list(islice(_eslint(document(output), within), MOST_FOUND))


def _eslint(report: object, within: Within) -> Iterator[ToolFinding]:
    for file in elements(report):
        path = within.path(str(file.get("filePath", "")))
        for message in items(file, "messages") if path is not None else ():
            line = number(message.get("line"))
            if line is not None and path is not None:
                yield ToolFinding(
                    path=path,
                    line=line,
                    column=number(message.get("column")),
                    severity=severity_of(str(message.get("severity"))),
                    rule=sentence(message.get("ruleId") or "parse-error"),
                    message=sentence(message.get("message", "")),
                    end_line=number(message.get("endLine")),
                    end_column=number(message.get("endColumn")),
                )


def lines_like(pattern: str, rule: str = "finding", severity: str = "warning") -> FindingParser:
    """Findings one a line, as a regular expression describes them, in the manner of VS Code's problem matchers.

    Its groups are `file`, `line` and `message`, perhaps `column`, `end_line`, `end_column`, `severity` and `rule`; `rule`
    and `severity` stand for those that a line does not name. Lines of more than 4,000 characters are cut.
    """
    compiled = re.compile(pattern)

    def parser(output: bytes, within: Within) -> list[ToolFinding]:
        lines = (line[:_LINE_CHARACTERS] for line in output.decode("utf-8", "replace").splitlines())
        found = (_of_match(match.groupdict(), within) for line in lines if (match := compiled.search(line)))
        return list(islice((each for each in found if each is not None), MOST_FOUND))

    def _of_match(groups: Mapping[str, str | None], within: Within) -> ToolFinding | None:
        path, line = within.path(groups.get("file") or ""), number(groups.get("line"))
        if path is None or line is None:
            return None
        return ToolFinding(
            path=path,
            line=line,
            column=number(groups.get("column")),
            severity=severity_of(groups.get("severity") or severity),
            rule=sentence(groups.get("rule") or rule),
            message=sentence(groups.get("message") or ""),
            end_line=number(groups.get("end_line")),
            end_column=number(groups.get("end_column")),
        )

    return parser


PARSERS: Mapping[str, FindingParser] = {"sarif": sarif, "cargo": cargo, "eslint": eslint}
"""By the name that the catalogue gives; `pattern` is made of the tool's own expression."""


def finding_parser(output: str, pattern: str = "", rule: str = "finding", severity: str = "warning") -> FindingParser:
    """The parser of a tool of the catalogue. KeyError for a name that none has."""
    return lines_like(pattern, rule, severity) if output == "pattern" else PARSERS[output]


# -- JSON of strangers


def document(data: bytes) -> object:
    """What a JSON text says; None for what is none."""
    try:
        return json.loads(data)
    except (ValueError, RecursionError):
        return None


def table(value: object) -> Mapping[str, Any]:
    """An object of JSON; an empty one for anything else."""
    return value if isinstance(value, dict) else {}


def elements(value: object) -> list[Mapping[str, Any]]:
    """The objects of a list."""
    return [each for each in value if isinstance(each, dict)] if isinstance(value, list) else []


def items(value: object, key: str) -> list[Mapping[str, Any]]:
    """The objects of the list under `key` of an object."""
    return elements(table(value).get(key))

"""The catalogue's linters and compilers: which of them is asked about a file, and how. The data is `tools.toml`."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any, Literal


@dataclass(frozen=True)
class LintTool:
    """One row; what each column means stands at the top of `tools.toml`."""

    name: str
    languages: tuple[str, ...]
    program: str
    command: tuple[str, ...]
    output: Literal["sarif", "cargo", "eslint", "pattern"]
    pattern: str = ""
    rule: str = "finding"
    severity: str = "warning"
    stream: Literal["stdout", "stderr"] = "stdout"
    needs: tuple[str, ...] = ()
    alone: bool = False
    runs_project: bool = False
    blocks: bool = False
    fixes: tuple[str, ...] = ()
    reads: tuple[str, ...] = ()
    runtime: str = "host"

    def arguments(self, program: str, path: str) -> tuple[str, ...]:
        """The command for a file of the workspace, run at its root."""
        folder = path.rpartition("/")[0] or "."
        return tuple(
            part.replace("{program}", program) if "{program}" in part else _filled(part, path, folder)
            for part in self.command
        )


def _filled(part: str, path: str, folder: str) -> str:
    """A name that begins with a dash would be taken for an option."""
    return (f"./{path}" if path.startswith("-") else path) if part == "{file}" else part.replace("{folder}", folder)


def lint_tools(language: str) -> tuple[LintTool, ...]:
    """The tools for a language, in the order of the table. The first call reads the table from disk: use a thread."""
    return tuple(each for each in all_lint_tools() if language in each.languages)


@cache
def all_lint_tools() -> tuple[LintTool, ...]:
    rows = tomllib.loads(files("tercet_server.languages").joinpath("tools.toml").read_text("utf-8"))
    return tuple(_tool(name, row) for name, row in rows.items())


def _tool(name: str, row: Mapping[str, object]) -> LintTool:
    columns: dict[str, Any] = {key: tuple(value) if isinstance(value, list) else value for key, value in row.items()}
    return LintTool(name=name, **columns)  # a test reads every row

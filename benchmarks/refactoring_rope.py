"""What rope makes of a place in a program: the peer of `benchmarks.refactoring`. Importing this needs rope (`pip install rope`)."""

import contextlib
import tempfile
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from typing import Any

from rope.base.project import Project
from rope.refactor.extract import (
    ExtractMethod,
    ExtractVariable,
)
from rope.refactor.inline import create_inline
from tercet_shared.refactoring import RefactoringKind


def of_rope(text: str, place: tuple[int, int]) -> Iterator[tuple[RefactoringKind, str | None]]:
    """The text after each refactoring; None where rope refuses."""
    project, file = _project(text)
    start, end = place
    if start == end:
        yield RefactoringKind.INLINE_VARIABLE, _changed(lambda: create_inline(project, file, start).get_changes())
        return
    for kind, tool in (
        (RefactoringKind.EXTRACT_VARIABLE, ExtractVariable),
        (RefactoringKind.EXTRACT_FUNCTION, ExtractMethod),
    ):
        yield kind, _changed(lambda tool=tool: tool(project, file, start, end).get_changes("new_name"))


def _changed(change: Any) -> str | None:
    with contextlib.suppress(Exception):  # its refusals are of many kinds
        return str(change().changes[0].new_contents)
    return None


@lru_cache(maxsize=1)
def _project(text: str) -> tuple[Any, Any]:
    folder = Path(tempfile.mkdtemp(prefix="refactoring-rope-"))
    (folder / "program.py").write_text(text)
    project = Project(str(folder), ropefolder=None)
    return project, project.get_resource("program.py")

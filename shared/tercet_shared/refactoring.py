"""Refactorings on the wire: what can be done to the code at a range without changing what it does."""

from enum import StrEnum

from pydantic import Field

from tercet_shared.edits import RelativePath, Sha256, TextEdit
from tercet_shared.wire import Wire


class RefactoringKind(StrEnum):
    EXTRACT_VARIABLE = "extract_variable"
    EXTRACT_FUNCTION = "extract_function"
    INLINE_VARIABLE = "inline_variable"


class Refactoring(Wire):
    """One that the range may be meant for: with its edits, or with why it is refused. No test was run for it."""

    kind: RefactoringKind
    title: str
    edits: list[TextEdit] = Field(default_factory=list)
    """In the order of the text; they do not overlap."""
    refusal: str = ""
    """Why it cannot be shown that the code would do the same; "" where there are edits."""


class RefactoringList(Wire):
    """What can be refactored at a range of one text, as the client sees it."""

    path: RelativePath
    text_sha256: Sha256
    refactorings: list[Refactoring]

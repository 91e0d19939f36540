"""The tests of one file and how they went last, on the wire. It was seen by earlier runs: nothing is run to answer."""

from pydantic import Field

from tercet_shared.edits import Range, RelativePath, Sha256
from tercet_shared.wire import Wire


class TestOutcome(Wire):
    """A test function; `passed`, `failed` and `skipped` count its cases, all zero where nothing is known of its text."""

    __test__ = False
    """It is not to be collected by pytest."""

    name: str
    """Dotted from the outermost definition."""
    name_range: Range
    test: str
    """Its node id, as a run's target takes it: all its cases."""
    passed: int = Field(default=0, ge=0)
    failed: int = Field(default=0, ge=0)
    skipped: int = Field(default=0, ge=0)
    outdated: bool = False
    """Something in the workspace is no longer as it was when the test ran; without counts, the test itself."""


class TestOutcomes(Wire):
    """Of one text of a file, in document order."""

    __test__ = False

    path: RelativePath
    text_sha256: Sha256
    tests: list[TestOutcome] = Field(default_factory=list)

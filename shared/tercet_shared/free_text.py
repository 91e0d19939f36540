"""A request in a person's own words on the wire, and what it is understood as before anything of it runs."""

from enum import StrEnum

from pydantic import Field

from tercet_shared.ids import ClientId, WorkspaceId
from tercet_shared.runs import Intent, Target
from tercet_shared.wire import Wire

MOST_WORDS = 100_000
"""Characters of a request, as many as a run's instructions may have."""

SHOWN_TESTS = 3


class FreeText(Wire):
    """`target` is where the person is, in an editor: it is meant unless the words name something else."""

    workspace_id: WorkspaceId
    words: str = Field(min_length=1, max_length=MOST_WORDS)
    target: Target = Target()
    intent: Intent | None = None
    """Chosen by the person: then only what the words are about is looked for."""
    client_id: ClientId | None = None


class UnderstoodBy(StrEnum):
    """Who said what the intent is."""

    PERSON = "person"
    RULE = "rule"
    MODEL = "model"


class Understood(Wire):
    """What a run of the words would be of. Nothing has been started."""

    intent: Intent
    target: Target
    instructions: str
    """The words, all of them."""
    by: UnderstoodBy
    because: str
    """A sentence that says why the intent is this one."""
    notes: list[str] = Field(default_factory=list)
    """Sentences about what the words name and what was not taken for the target."""
    cost_usd: float = Field(default=0.0, ge=0)
    """What asking a model cost, in dollars by list price; it counts for the day and the workspace."""

    def told(self) -> list[str]:
        """What is going to be done, why, and what to heed: a line each."""
        why = "" if self.by is UnderstoodBy.PERSON else f" ({self.because.rstrip('.')})"
        cost = [f"A model was asked for that: ${self.cost_usd:.4f}"] if self.cost_usd else []
        notes = [f"Note: {each}" for each in self.notes]
        return [f"Understood as: {self.intent.value}, {about(self.target)}{why}", *cost, *notes]


def about(target: Target) -> str:
    """A target in words."""
    if target.base is not None:
        return f"what has changed since {target.base}"
    if target.tests:
        more = len(target.tests) - SHOWN_TESTS
        return ", ".join(target.tests[:SHOWN_TESTS]) + (f" and {more} more" if more > 0 else "")
    if target.path is None:
        return "the whole workspace"
    if target.symbol:
        return f"{target.symbol} in {target.path}"
    if target.range is None:
        return target.path
    first, last = target.range.start.line + 1, target.range.end.line + 1
    return f"{target.path}:{first}" if first == last else f"{target.path}:{first}-{last}"

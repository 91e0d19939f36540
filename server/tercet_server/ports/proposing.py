"""The ports that find where to look and what to change: context and proposers."""

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from tercet_shared.edits import ChangeSet
from tercet_shared.proposals import Candidate
from tercet_shared.runs import Intent, PlanStep, Suspect, Target
from tercet_shared.workspaces import Interpreter, Workspace

from tercet_server.ports.clock import ReportProgress
from tercet_server.ports.model import Account
from tercet_server.ports.testing import TestReport, TestSession
from tercet_server.ports.workspace import PrivateCopy


class Context(Protocol):
    """Knows the code base: where to look."""

    def suspects(self, report: TestReport, limit: int = 200) -> list[Suspect]:
        """Lines ranked by how suspicious a traced test report makes them, most suspicious first."""
        ...

    async def affected_tests(self, copy: PrivateCopy, changed: Sequence[str], test_files: Sequence[str]) -> list[str]:
        """`test_files` in the order in which the changed files are likely to affect them (import graph), all kept."""
        ...

    async def serving_tests(self, copy: PrivateCopy, changed: Sequence[str], test_files: Sequence[str]) -> list[str]:
        """The changed files that nothing but tests uses: tests, their fixtures and helpers, what they compare with."""
        ...


@dataclass(frozen=True)
class ProposerTask:
    """What a proposer works on. `baseline` is the traced report of the unchanged copy."""

    workspace: Workspace
    copy: PrivateCopy
    interpreter: Interpreter
    step: PlanStep
    baseline: TestReport
    tests: TestSession
    deadline_s: float
    per_test_s: float
    feedback: Sequence[str] = ()
    """The critique's reasons against earlier candidates of this step; it grows while the step is worked on."""
    broken: Sequence[str] = ()
    """The tests that earlier candidates of this step failed in their proofs; it grows likewise."""
    intent: Intent = Intent.FIX
    target: Target = field(default_factory=Target)
    """What the request is about, as the user named it."""
    instructions: str = ""
    """What the user added to the request, in their own words."""
    account: Account | None = None
    """Who pays for a model; None: nobody does, so none is asked."""
    confidence: Mapping[str, float] = field(default_factory=dict)
    """Proposer → the share of its changes that is expected to be kept here, by what became of earlier ones."""
    earlier: Mapping[str, str] = field(default_factory=dict)
    """path → text of the files that the steps before this one change or create: where this step begins."""
    near_misses: list[ChangeSet] = field(default_factory=list)
    """Edits that landed and did not pass, latest last: where a model believes the cause to be. It grows meanwhile."""


class Proposer(Protocol):
    """A source of candidates for a step of a plan."""

    name: str
    intents: frozenset[Intent]
    """What it can be asked for."""
    cost: int
    """Relative cost: cheaper proposers are asked first."""

    def propose(self, task: ProposerTask, progress: ReportProgress) -> AsyncIterator[Candidate]:
        """Candidates, best first, until there are no more or the caller stops iterating."""
        ...

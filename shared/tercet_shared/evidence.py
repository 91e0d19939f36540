"""The evidence for one change as a document of its own: what a run proposed, how it was proved, and how to repeat that."""

import shlex
from typing import Literal

from pydantic import AwareDatetime

from tercet_shared.edits import ChangeSet
from tercet_shared.ids import ProposalId, RunId
from tercet_shared.proposals import CheckName, Evidence, Proposal, ProposalState, Verdict
from tercet_shared.runs import Intent, Run
from tercet_shared.wire import Wire


class Reproduction(Wire):
    """A command that repeats a check on the workspace with the change applied; `line` is for a POSIX shell."""

    check: CheckName
    line: str


class EvidenceDocument(Wire):
    """Everything that speaks for and against one change. Stands for itself: nothing else needs to be looked up."""

    format: Literal["tercet-evidence/1"] = "tercet-evidence/1"
    tercet_version: str
    run_id: RunId
    intent: Intent
    instructions: str
    proposal_id: ProposalId
    title: str
    proposer: str
    state: ProposalState
    created_at: AwareDatetime
    change_set: ChangeSet
    diff: str
    verdict: Verdict
    evidence: Evidence
    apply_with: str
    """The command that applies the change; run in the workspace, as those of `reproduce`."""
    reproduce: list[Reproduction]


def evidence_document(run: Run, proposal: Proposal, version: str) -> EvidenceDocument:
    """Pure. `version` is that of the Tercet that writes it."""
    return EvidenceDocument(
        tercet_version=version,
        run_id=run.id,
        intent=run.intent,
        instructions=run.instructions,
        proposal_id=proposal.id,
        title=proposal.title,
        proposer=proposal.proposer,
        state=proposal.state,
        created_at=proposal.created_at,
        change_set=proposal.change_set,
        diff=proposal.diff,
        verdict=proposal.verdict,
        evidence=proposal.evidence,
        apply_with=f"tercet apply {run.id}",
        reproduce=[
            Reproduction(check=check.name, line=shlex.join(check.command))
            for check in proposal.evidence.checks
            if check.command
        ],
    )

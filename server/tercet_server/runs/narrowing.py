"""What is left of a proposal once a part of it is discarded: a proposal of its own that nobody has proved. Writes nothing."""

from tercet_shared.edits import ChangeSet
from tercet_shared.ids import ClientId, new_proposal_id
from tercet_shared.proposals import Check, CheckStatus, Evidence, Proposal, Verdict

from tercet_server.edits import apply_file_edit, unified_diff
from tercet_server.ports import Workspaces

LEFT_OVER = "A part of the change that was proved has been discarded; what is left was not proved by itself."
JUDGED_WHOLE = "This judgement is of the whole change, before a part of it was discarded."
IN_PART = " (in part)"


async def left_over(
    workspaces: Workspaces, proposal: Proposal, rest: ChangeSet, client_id: ClientId | None
) -> Proposal:
    """The proposal to offer instead. Raises StaleText if a file that it would change has moved on."""
    texts = []
    for edit in rest.files:
        current = await workspaces.current_text(proposal.workspace_id, edit.path, client_id)
        texts.append(apply_file_edit(edit, current))
    return proposal.model_copy(
        update={
            "id": new_proposal_id(),
            "title": proposal.title.removesuffix(IN_PART) + IN_PART,
            "change_set": rest,
            "diff": unified_diff(texts),
            "evidence": _unproved(proposal.evidence),
            "verdict": _of_the_whole(proposal.verdict),
        }
    )


def _unproved(evidence: Evidence) -> Evidence:
    """No check ran on what is left, so none of them counts; what they said of the whole stays readable."""
    reason = evidence.unverified_reason or ""
    if reason.startswith(LEFT_OVER):
        return evidence
    return evidence.model_copy(
        update={
            "checks": [_not_run(check) for check in evidence.checks],
            "verified": False,
            "unverified_reason": f"{LEFT_OVER} The whole was unverified too: {reason}" if reason else LEFT_OVER,
        }
    )


def _not_run(check: Check) -> Check:
    return check.model_copy(
        update={
            "status": CheckStatus.SKIPPED,
            "summary": f"Not run on what is left. Of the whole change: {check.status}, {check.summary}",
            "exit_code": None,
            "duration_s": 0.0,
            "passed": [],
            "failed": [],
            "not_run": list(dict.fromkeys([*check.passed, *check.failed, *check.not_run])),
            "gate": None,
        }
    )


def _of_the_whole(verdict: Verdict) -> Verdict:
    reasons = [JUDGED_WHOLE, *(each for each in verdict.reasons if each != JUDGED_WHOLE)]
    return verdict.model_copy(update={"reasons": reasons})

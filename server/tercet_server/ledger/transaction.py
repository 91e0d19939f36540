"""What one write to the ledger does, inside one database transaction: every change of state with its event.

Blocks; runs in the writer's thread alone, so what is read here cannot change before it is written.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from tercet_shared.edits import FileTexts
from tercet_shared.errors import Conflict
from tercet_shared.events import Event, EventType
from tercet_shared.ids import ClaimId, ProposalId, RunId, new_proposal_id, new_run_id
from tercet_shared.proposals import Candidate, ClaimKind, Evidence, Proposal, ProposalState, Verdict
from tercet_shared.runs import RESTING_STATES, Plan, Problem, Run, RunRequest, RunState

from tercet_server.ledger import reads, schema, states
from tercet_server.ledger.rows import event_of, to_json
from tercet_server.ports import StoredClaim, TakenUp

SETTLED_KEY = "settled/{}"
CLAIMED_KEY = "claimed/{}"


@dataclass
class Transaction:
    """One unit of work. `events` are those appended by it, for whoever listens once it is committed."""

    connection: sa.Connection
    now: datetime
    events: list[Event] = field(default_factory=list)

    # -- runs ---------------------------------------------------------------------------------------------------

    def create_run(self, request: RunRequest, deadline_at: datetime) -> Run:
        run_id = new_run_id()
        self.connection.execute(
            schema.runs.insert().values(
                id=run_id,
                workspace_id=request.workspace_id,
                intent=request.intent,
                state=RunState.QUEUED,
                request=to_json(request),
                created_at=self.now,
                updated_at=self.now,
                deadline_at=deadline_at,
            )
        )
        run = reads.run(self.connection, run_id)
        self._append(run, EventType.RUN_CREATED, request.model_dump(mode="json"), "created")
        return run

    def append(self, run_id: RunId, type: EventType, data: dict[str, Any], key: str) -> Event | None:
        """None for what is known already, and for the progress of a run that has come to rest meanwhile."""
        run = reads.run(self.connection, run_id)
        if type is EventType.RUN_PROGRESS and run.state in RESTING_STATES:
            return None
        event = self._append(run, type, data, key)
        if event is not None and type is EventType.RUN_PROGRESS:
            self._update_run(run_id, progress=data)
        return event

    def move(
        self,
        run_id: RunId,
        to: RunState,
        key: str,
        *,
        problem: Problem | None = None,
        answer: str | None = None,
        plan: Plan | None = None,
        in_round: int | None = None,
    ) -> Run:
        run = reads.run(self.connection, run_id)
        if in_round is not None and run.round != in_round:
            raise Conflict(f"Run {run_id} was taken up again meanwhile.", state=run.state.value)
        if run.state is to or self._is_known(run_id, key):
            return run
        states.check_move(run_id, run.state, to)
        if plan is not None:
            self._append(run, EventType.PLAN_READY, plan.model_dump(mode="json"), f"{key}/plan")
            self._update_run(run_id, plan=to_json(plan))
        if answer is not None:
            self._update_run(run_id, answer=answer)
        if problem is not None:
            self._update_run(run_id, problem=to_json(problem))
        self._update_run(run_id, state=to)
        data = {"state": to, "from": run.state, "problem": to_json(problem), "answer": answer}
        self._append(run, EventType.RUN_STATE, data, key)
        return reads.run(self.connection, run_id)

    def take_up(self, run: Run, change: TakenUp) -> Run:
        stored = reads.run(self.connection, run.id)
        if stored.round != run.round or stored.state in states.RESTED_FOR_GOOD:
            raise Conflict(
                f"Run {run.id} has gone on meanwhile: it is {stored.state}. Look at it again.", state=stored.state.value
            )
        request = RunRequest.model_validate(self._column(run.id, schema.runs.c.request))
        wishes = [each for each in (request.instructions, change.instructions) if each.strip()]
        request = request.model_copy(
            update={"instructions": "\n\n".join(wishes), "plan_first": request.plan_first and not change.approved}
        )
        number = stored.round + 1
        data = {"round": number, "approved": change.approved, "instructions": change.instructions}
        self._append(stored, EventType.RUN_TAKEN_UP, data, f"taken up/{number}")
        self.move(run.id, RunState.QUEUED, f"queued/{number}")
        self._update_run(
            run.id,
            round=number,
            request=to_json(request),
            plan=to_json(change.plan),
            progress=None,
            deadline_at=self.now + timedelta(seconds=request.deadline_s or change.usual_s),
        )
        return reads.run(self.connection, run.id)

    def beat(self, run_id: RunId) -> None:
        self.connection.execute(schema.runs.update().where(schema.runs.c.id == run_id).values(heartbeat_at=self.now))

    # -- proposals ----------------------------------------------------------------------------------------------

    def offer(  # the parts of a proposal, as the port lists them
        self, run_id: RunId, candidate: Candidate, evidence: Evidence, verdict: Verdict, diff: str, key: str
    ) -> Proposal:
        run = reads.run(self.connection, run_id)
        if run.proposal_id is not None and self._is_known(run_id, key):
            return reads.proposal(self.connection, run.proposal_id)
        proposal = Proposal(
            id=new_proposal_id(),
            run_id=run_id,
            workspace_id=run.workspace_id,
            proposer=candidate.proposer,
            title=candidate.title,
            change_set=candidate.change_set,
            diff=diff,
            evidence=evidence,
            verdict=verdict,
            state=ProposalState.OFFERED,
            created_at=self.now,
        )
        self._insert_proposal(run, proposal, key)
        self.move(run_id, RunState.PROPOSED, f"{key}/state")
        return reads.proposal(self.connection, proposal.id)

    def replace_proposal(self, proposal_id: ProposalId, instead: Proposal) -> Proposal:
        proposal = reads.proposal(self.connection, proposal_id)
        run = reads.run(self.connection, proposal.run_id)
        states.check_current(proposal, run)
        states.check_discardable(proposal)
        new = instead.model_copy(update={"state": ProposalState.OFFERED, "created_at": self.now})
        self._insert_proposal(run, new, f"replaces/{proposal_id}", replaces=proposal_id)
        reason = f"A part of it was discarded; what is left is proposal {new.id}."
        self._set_state(run, proposal, ProposalState.SUPERSEDED, reason, f"replaced/{proposal_id}")
        return reads.proposal(self.connection, new.id)

    def close_proposal(self, proposal_id: ProposalId, to: ProposalState, reason: str) -> Proposal:
        proposal = reads.proposal(self.connection, proposal_id)
        if proposal.state is to:
            return proposal
        states.check_current(proposal, reads.run(self.connection, proposal.run_id))
        if proposal.state is not ProposalState.OFFERED:
            raise Conflict(f"Proposal {proposal_id} is {proposal.state}, so it cannot become {to}.")
        return self._move_proposal(proposal, to, reason, f"closed/{proposal_id}")

    # -- claims -------------------------------------------------------------------------------------------------

    def claim(self, stored: StoredClaim, texts: Sequence[FileTexts], expected: ProposalState) -> StoredClaim:
        claim = stored.claim
        proposal = reads.proposal(self.connection, claim.proposal_id)
        states.check_current(proposal, reads.run(self.connection, proposal.run_id))
        states.check_claimable(proposal, claim.kind, expected)
        self.connection.execute(
            schema.claims.insert().values(
                id=claim.id,
                proposal_id=claim.proposal_id,
                run_id=claim.run_id,
                client_id=stored.client_id,
                by_daemon=stored.by_daemon,
                claim=to_json(claim),
                created_at=stored.created_at,
            )
        )
        for position, each in enumerate(texts):
            values = {"claim_id": claim.id, "position": position, **each._asdict()}
            self.connection.execute(schema.claim_texts.insert().values(values))
        self._move_proposal(proposal, ProposalState.CLAIMED, "", CLAIMED_KEY.format(claim.id))
        if claim.kind is ClaimKind.APPLY:
            self.move(claim.run_id, RunState.APPLYING, f"{CLAIMED_KEY.format(claim.id)}/run")
        return stored

    def settle(self, claim_id: ClaimId, to: ProposalState, reason: str) -> Proposal:
        row = reads.claim_row(self.connection, claim_id)
        proposal = reads.proposal(self.connection, row.proposal_id)
        if row.settled_at is not None:
            return proposal
        self.connection.execute(
            schema.claims.update()
            .where(schema.claims.c.id == claim_id)
            .values(settled_at=self.now, outcome=to, reason=reason)
        )
        return self._move_proposal(proposal, to, reason, SETTLED_KEY.format(claim_id))

    # -- parts --------------------------------------------------------------------------------------------------

    def _move_proposal(self, proposal: Proposal, to: ProposalState, reason: str, key: str) -> Proposal:
        self._set_state(reads.run(self.connection, proposal.run_id), proposal, to, reason, key)
        if to in states.RUN_STATE_OF:
            self.move(proposal.run_id, states.RUN_STATE_OF[to], f"{key}/run")
        return reads.proposal(self.connection, proposal.id)

    def _set_state(self, run: Run, proposal: Proposal, to: ProposalState, reason: str, key: str) -> None:
        """Of the proposal alone; its run stays as it is."""
        states.check_proposal_move(proposal.id, proposal.state, to)
        self.connection.execute(schema.proposals.update().where(schema.proposals.c.id == proposal.id).values(state=to))
        data = {"proposal_id": proposal.id, "state": to, "reason": reason}
        self._append(run, EventType.PROPOSAL_STATE, data, key)

    def _insert_proposal(self, run: Run, proposal: Proposal, key: str, **more: str) -> None:
        """As the one that the run offers now; `more` is told with it."""
        models = {"change_set": proposal.change_set, "evidence": proposal.evidence, "verdict": proposal.verdict}
        plain = {name: getattr(proposal, name) for name in Proposal.model_fields.keys() - models.keys()}
        stored = {name: to_json(model) for name, model in models.items()}
        self.connection.execute(schema.proposals.insert().values(**plain, **stored))
        self._update_run(run.id, proposal_id=proposal.id)
        data = {"proposal_id": proposal.id, "title": proposal.title, "paths": proposal.change_set.paths, **more}
        self._append(run, EventType.PROPOSAL_OFFERED, data, key)

    def _column(self, run_id: RunId, column: sa.Column[Any]) -> Any:
        return self.connection.execute(sa.select(column).where(schema.runs.c.id == run_id)).scalar_one()

    def _is_known(self, run_id: RunId, key: str) -> bool:
        query = sa.select(schema.events.c.seq).where(schema.events.c.run_id == run_id, schema.events.c.key == key)
        return self.connection.execute(query).one_or_none() is not None

    def _append(self, run: Run, type: EventType, data: dict[str, Any], key: str) -> Event | None:
        if self._is_known(run.id, key):
            return None
        last = sa.select(sa.func.coalesce(sa.func.max(schema.events.c.n), 0)).where(schema.events.c.run_id == run.id)
        values = {
            "run_id": run.id,
            "workspace_id": run.workspace_id,
            "n": self.connection.execute(last).scalar_one() + 1,
            "type": type,
            "at": self.now,
            "data": data,
            "key": key,
        }
        inserted = self.connection.execute(schema.events.insert().values(values).returning(schema.events))
        event = event_of(inserted.one())
        self.events.append(event)
        return event

    def _update_run(self, run_id: RunId, **values: Any) -> None:
        self.connection.execute(
            schema.runs.update().where(schema.runs.c.id == run_id).values(updated_at=self.now, **values)
        )

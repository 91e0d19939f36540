"""The ledger on a SQL database: what is durable of runs, proposals and spending.

Implements `ports.Ledger`, `ports.Spending` and `ports.OutcomeHistory`.

This module only sends work to the writer or the readers; what is written stands in `transaction`, queries in `reads`.
"""

import asyncio
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from pathlib import Path
from typing import Any, Self, TypeVar

import sqlalchemy as sa
from sqlalchemy import exc
from tercet_shared.edits import FileTexts
from tercet_shared.events import Event, EventType
from tercet_shared.ids import ClaimId, ProposalId, RunId, WorkspaceId
from tercet_shared.proposals import Candidate, Evidence, Proposal, ProposalState, Verdict
from tercet_shared.runs import Plan, Problem, Run, RunRequest, RunState

from tercet_server.ledger import outcomes, reads, spending
from tercet_server.ledger.database import open_database
from tercet_server.ledger.faults import translate
from tercet_server.ledger.transaction import Transaction
from tercet_server.ledger.writer import GroupWriter
from tercet_server.ports import (
    CallId,
    CallOutcome,
    Caps,
    Clock,
    ModelUsage,
    Outcomes,
    PlannedCall,
    StoredClaim,
    TakenUp,
)

Result = TypeVar("Result")
READERS = 2

OnCommit = Callable[[Event], None]


class SqlLedger:
    """Open with `open`, end with `close`. `problems` are sentences about what opening had to do."""

    def __init__(self, engine: sa.Engine, path: Path, clock: Clock, problems: Sequence[str] = ()) -> None:
        self.problems = list(problems)
        self._path = path
        self._engine = engine
        self._clock = clock
        self._loop = asyncio.get_running_loop()
        self._on_commit: OnCommit | None = None
        self._writer = GroupWriter(engine, lambda error: translate(error, path))
        self._readers = ThreadPoolExecutor(READERS, thread_name_prefix="tercet-ledger-reader")

    @classmethod
    async def open(cls, path: Path, clock: Clock, on_commit: OnCommit | None = None) -> Self:
        """Creates or migrates the file at `path`. Raises NotWritable, DiskFull, VersionMismatch.

        `on_commit` is called in the event loop with every event that has been committed, in order.
        """
        engine, problems = await asyncio.to_thread(open_database, path, clock.now())
        ledger = cls(engine, path, clock, problems)
        ledger._on_commit = on_commit
        return ledger

    async def close(self) -> None:
        """Writes what is waiting, then lets go of the file."""
        await asyncio.to_thread(self._writer.close)
        await asyncio.to_thread(self._readers.shutdown)
        await asyncio.to_thread(self._engine.dispose)

    # -- writing ------------------------------------------------------------------------------------------------

    async def create_run(self, request: RunRequest, deadline_at: datetime) -> Run:
        return await self._write(lambda transaction: transaction.create_run(request, deadline_at))

    async def append(self, run_id: RunId, type: EventType, data: dict[str, Any], key: str) -> Event | None:
        return await self._write(lambda transaction: transaction.append(run_id, type, data, key))

    async def move(
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
        return await self._write(
            lambda unit: unit.move(run_id, to, key, problem=problem, answer=answer, plan=plan, in_round=in_round)
        )

    async def take_up(self, run: Run, change: TakenUp) -> Run:
        return await self._write(lambda transaction: transaction.take_up(run, change))

    async def beat(self, run_id: RunId) -> None:
        await self._write(lambda transaction: transaction.beat(run_id))

    async def offer(
        self, run_id: RunId, candidate: Candidate, evidence: Evidence, verdict: Verdict, diff: str, key: str
    ) -> Proposal:
        return await self._write(lambda transaction: transaction.offer(run_id, candidate, evidence, verdict, diff, key))

    async def claim(self, stored: StoredClaim, texts: Sequence[FileTexts], expected: ProposalState) -> StoredClaim:
        return await self._write(lambda transaction: transaction.claim(stored, texts, expected))

    async def settle(self, claim_id: ClaimId, to: ProposalState, reason: str) -> Proposal:
        return await self._write(lambda transaction: transaction.settle(claim_id, to, reason))

    async def close_proposal(self, proposal_id: ProposalId, to: ProposalState, reason: str) -> Proposal:
        return await self._write(lambda transaction: transaction.close_proposal(proposal_id, to, reason))

    async def replace_proposal(self, proposal_id: ProposalId, instead: Proposal) -> Proposal:
        return await self._write(lambda transaction: transaction.replace_proposal(proposal_id, instead))

    # -- spending on models: implements `ports.Spending` ---------------------------------------------------------

    async def reserve(self, call: PlannedCall, caps: Caps) -> None:
        await self._write(lambda unit: spending.reserve(unit.connection, unit.now, call, caps))

    async def settle_call(self, call_id: CallId, outcome: CallOutcome) -> None:
        await self._write(lambda unit: spending.settle(unit.connection, unit.now, call_id, outcome))

    async def settle_lost_calls(self) -> int:
        return await self._write(lambda unit: spending.settle_lost(unit.connection, unit.now))

    async def usage(self, since: datetime) -> list[ModelUsage]:
        return await self._read(lambda connection: spending.usage(connection, since))

    # -- learning: implements `ports.OutcomeHistory` --------------------------------------------------------------

    async def outcomes(self, workspace_id: WorkspaceId) -> Outcomes:
        return await self._read(lambda connection: outcomes.outcomes(connection, workspace_id))

    async def forget_outcomes(self, workspace_id: WorkspaceId) -> None:
        await self._write(lambda unit: outcomes.forget(unit.connection, unit.now, workspace_id))

    # -- reading ------------------------------------------------------------------------------------------------

    async def run(self, run_id: str) -> Run:
        return await self._read(lambda connection: reads.run(connection, run_id))

    async def runs(
        self, workspace_id: WorkspaceId | None = None, states: Sequence[RunState] = (), limit: int = 50
    ) -> list[Run]:
        return await self._read(lambda connection: reads.runs(connection, workspace_id, states, limit))

    async def events(
        self, after: int, *, run_id: RunId | None = None, workspace_id: WorkspaceId | None = None, limit: int = 1000
    ) -> list[Event]:
        return await self._read(lambda connection: reads.events(connection, after, run_id, workspace_id, limit))

    async def last_seq(self) -> int:
        return await self._read(reads.last_seq)

    async def proposal(self, proposal_id: ProposalId) -> Proposal:
        return await self._read(lambda connection: reads.proposal(connection, proposal_id))

    async def proposals(
        self, workspace_id: WorkspaceId | None = None, states: Sequence[ProposalState] = ()
    ) -> list[Proposal]:
        return await self._read(lambda connection: reads.proposals(connection, workspace_id, states))

    async def stored_claim(self, claim_id: ClaimId) -> tuple[StoredClaim, list[FileTexts]]:
        return await self._read(lambda connection: reads.stored_claim(connection, claim_id))

    async def open_claims(self) -> list[tuple[StoredClaim, list[FileTexts]]]:
        return await self._read(reads.open_claims)

    async def checkpoint(self, proposal_id: ProposalId) -> list[FileTexts]:
        return await self._read(lambda connection: reads.checkpoint(connection, proposal_id))

    # -- sending work -------------------------------------------------------------------------------------------

    async def _write(self, work: Callable[[Transaction], Result]) -> Result:
        events: list[Event] = []

        def unit(connection: sa.Connection) -> Result:
            transaction = Transaction(connection, self._clock.now())
            result = work(transaction)
            events.extend(transaction.events)
            return result

        return await self._writer.write(unit, lambda: self._tell(events))

    def _tell(self, events: list[Event]) -> None:
        """In the writer's thread. The events of one commit after the other, so a listener sees `seq` grow."""
        if self._on_commit is None or self._loop.is_closed():
            return
        for event in events:
            self._loop.call_soon_threadsafe(self._on_commit, event)

    async def _read(self, query: Callable[[sa.Connection], Result]) -> Result:
        return await self._loop.run_in_executor(self._readers, self._query, query)

    def _query(self, query: Callable[[sa.Connection], Result]) -> Result:
        try:
            with self._engine.connect().execution_options(reader=True) as connection:
                return query(connection)
        except exc.DBAPIError as error:
            raise translate(error, self._path) from error

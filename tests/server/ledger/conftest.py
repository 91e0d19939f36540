"""A ledger in a fresh file, with a clock that the tests advance."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from tercet_server.edits import file_edit
from tercet_server.ledger import SqlLedger
from tercet_shared.edits import ChangeSet
from tercet_shared.proposals import Candidate, Decision, Evidence, Proposal, Verdict
from tercet_shared.runs import Intent, Run, RunRequest, RunState


class SteppingClock:
    """Every look at it is a millisecond later."""

    def __init__(self) -> None:
        self.time = datetime(2026, 1, 2, 3, 4, 5, 678901, tzinfo=UTC)

    def now(self) -> datetime:
        self.time += timedelta(milliseconds=1)
        return self.time

    def monotonic(self) -> float:
        return self.now().timestamp()


REQUEST = RunRequest(workspace_id="w1", intent=Intent.FIX, instructions="please")
DEADLINE = datetime(2100, 1, 1, tzinfo=UTC)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "state" / "ledger.sqlite"


@pytest.fixture
async def ledger(path: Path) -> AsyncIterator[SqlLedger]:
    opened = await SqlLedger.open(path, SteppingClock())
    yield opened
    await opened.close()


async def new_run(ledger: SqlLedger, request: RunRequest = REQUEST) -> Run:
    return await ledger.create_run(request, DEADLINE)


async def new_proposal(ledger: SqlLedger) -> Proposal:
    run = await new_run(ledger)
    await ledger.move(run.id, RunState.PLANNING, "planning")
    await ledger.move(run.id, RunState.CODING, "coding")
    return await ledger.offer(run.id, CANDIDATE, EVIDENCE, VERDICT, "the diff", "offer")


CANDIDATE = Candidate(proposer="double", title="b for a", change_set=ChangeSet(files=[file_edit("a.py", "a\n", "b\n")]))
EVIDENCE = Evidence(
    checks=[], base_sha256="0" * 64, sandbox="double", isolation="none", interpreter="python", verified=True
)
VERDICT = Verdict(decision=Decision.ACCEPT, reasons=["all pass"])

"""Whatever clients do in whatever order, a proposal's text is applied at most once and never half."""

import asyncio
import tempfile
from pathlib import Path

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule
from tercet_server.edits import apply_file_edit, file_edit
from tercet_server.ledger import SqlLedger
from tercet_server.ledger.states import RUN_STATE_OF
from tercet_server.runs import Applier, EventHub, FindingBoard, SystemClock
from tercet_shared.edits import ChangeSet
from tercet_shared.errors import TercetError
from tercet_shared.proposals import Candidate, ClaimKind, ClaimReport, ClaimRequest, Decision, ProposalState, Verdict
from tercet_shared.runs import Intent, RunRequest, RunState

from tests.doubles.folder_workspaces import FolderWorkspaces
from tests.doubles.function_tests import FunctionChecker
from tests.server.runs.conftest import write_project
from tests.server.runs.test_applier import EVIDENCE

BEFORE, AFTER = {"one.py": "1\n", "two.py": "2\n"}, {"one.py": "one\n", "two.py": "two\n"}
CLIENTS = st.sampled_from(["e1", "e2", None])
KINDS = st.sampled_from(list(ClaimKind))


class Clients(RuleBasedStateMachine):
    """Each rule is one thing that a client, a user or a restart does."""

    def __init__(self) -> None:
        super().__init__()
        self.runner = asyncio.Runner()
        self.claims: list[tuple[object, bool]] = []

    @initialize()
    def offer(self) -> None:
        self.folder = tempfile.TemporaryDirectory(prefix="tercet-claims-")
        self.root = write_project(Path(self.folder.name) / "project", BEFORE)
        self.workspaces = FolderWorkspaces(self.root)
        self.proposal = self.runner.run(self._offer())

    async def _offer(self) -> object:
        clock = SystemClock()
        self.ledger = await SqlLedger.open(Path(self.folder.name) / "ledger.sqlite", clock)
        board = FindingBoard(EventHub(), self.workspaces, FunctionChecker(), pause_s=60)
        self.applier = Applier(self.ledger, self.workspaces, board, clock)
        request = RunRequest(workspace_id=self.workspaces.workspace.id, intent=Intent.FIX)
        run = await self.ledger.create_run(request, clock.now())
        await self.ledger.move(run.id, RunState.PLANNING, "planning")
        await self.ledger.move(run.id, RunState.CODING, "coding")
        change = ChangeSet(files=[file_edit(path, text, AFTER[path]) for path, text in BEFORE.items()])
        candidate = Candidate(proposer="double", title="a change", change_set=change)
        return await self.ledger.offer(
            run.id, candidate, EVIDENCE, Verdict(decision=Decision.ACCEPT, reasons=[]), "", "offer"
        )

    @rule(clients=st.lists(CLIENTS, min_size=1, max_size=3), kind=KINDS)
    def write_at_once(self, clients, kind) -> None:
        async def write() -> list[object]:
            work = self.applier.apply if kind is ClaimKind.APPLY else self.applier.undo
            return await asyncio.gather(*(work(self.proposal.id, each) for each in clients), return_exceptions=True)

        outcomes = self.runner.run(write())
        assert sum(not isinstance(each, BaseException) for each in outcomes) <= 1
        assert all(isinstance(each, TercetError) for each in outcomes if isinstance(each, BaseException))

    @rule(client=CLIENTS.filter(bool), kind=KINDS, applies=st.booleans())
    def claim_in_an_editor(self, client, kind, applies) -> None:
        async def claim() -> None:
            try:
                claim = await self.applier.claim(self.proposal.id, ClaimRequest(client_id=client, kind=kind))
            except TercetError:
                return
            self.claims.append((claim, applies))
            if applies:
                edits = {edit.path: edit for edit in claim.change_set.files}
                write_project(
                    self.root,
                    {path: apply_file_edit(edit, (self.root / path).read_text()).after for path, edit in edits.items()},
                )

        self.runner.run(claim())

    @rule(data=st.data())
    def report(self, data) -> None:
        if self.claims:
            claim, applied = self.claims.pop(data.draw(st.integers(0, len(self.claims) - 1)))
            self.runner.run(self.applier.report(claim.id, ClaimReport(applied=applied)))

    @rule()
    def restart(self) -> None:
        self.runner.run(self.applier.recover())

    @invariant()
    def texts_and_states_agree(self) -> None:
        if not hasattr(self, "proposal"):
            return
        texts = {path: (self.root / path).read_text() for path in BEFORE}
        assert texts in (BEFORE, AFTER), "never half applied"
        proposal, run, events = self.runner.run(self._look())
        assert [event.n for event in events] == list(range(1, len(events) + 1))
        if proposal.state is not ProposalState.CLAIMED:
            assert texts == (AFTER if proposal.state is ProposalState.APPLIED else BEFORE)
            assert run.state is RUN_STATE_OF[proposal.state]

    async def _look(self) -> tuple[object, object, object]:
        return (
            await self.ledger.proposal(self.proposal.id),
            await self.ledger.run(self.proposal.run_id),
            await self.ledger.events(0),
        )

    def teardown(self) -> None:
        if hasattr(self, "proposal"):
            self.runner.run(self.applier.close())
            self.runner.run(self.ledger.close())
            self.folder.cleanup()
        self.runner.close()


TestClients = Clients.TestCase
TestClients.settings = settings(
    max_examples=30, stateful_step_count=15, deadline=None, suppress_health_check=list(HealthCheck)
)

"""What the command line's tests start from: a scripted daemon, believable models, and a call of the real `main`."""

import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from tercet_server.cli.main import main
from tercet_shared.edits import ChangeSet, FileEdit, Position, Range, TextEdit
from tercet_shared.events import Event, EventType
from tercet_shared.ids import ProposalId, RunId, WorkspaceId, workspace_id
from tercet_shared.proposals import Check, CheckName, CheckStatus, Decision, Evidence, Proposal, ProposalState, Verdict
from tercet_shared.runs import Intent, Plan, PlanStep, Run, RunState, Suspect, Target
from tercet_shared.workspaces import Trust, Workspace

from tests.doubles.scripted_daemon import ScriptedDaemon, scripted_daemon

NOON = datetime(2026, 5, 4, 12, 0, tzinfo=UTC)

DIFF = """--- a/src/prices.py
+++ b/src/prices.py
@@ -1,2 +1,2 @@
 def cheap(price):
-    return price < 10
+    return price <= 10
"""


@dataclass(frozen=True)
class Result:
    exit_code: int
    out: str
    err: str


class Models:
    """Models of one workspace and one run, with what a test cares about changed."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.workspace_id: WorkspaceId = workspace_id(root)
        self.run_id = RunId("r0000000000001")
        self.proposal_id = ProposalId("p0000000000001")

    def workspace(self, trust: Trust = Trust.TRUSTED, problems: list[str] | None = None) -> Workspace:
        root = str(self.root)
        return Workspace(id=self.workspace_id, root=root, name="shop", trust=trust, problems=problems or [])

    def plan(self) -> Plan:
        suspects = [Suspect(path="src/prices.py", line=line, score=0.5) for line in range(7)]
        step = PlanStep(
            id="1", title="Repair test_cheap", tests=["tests/test_prices.py::test_cheap"], suspects=suspects
        )
        return Plan(summary="One test fails.", steps=[step], risks=["other prices may change"])

    def run(self, state: RunState = RunState.PROPOSED, **changes: Any) -> Run:
        has_proposal = state in {RunState.PROPOSED, RunState.APPLIED, RunState.UNDONE, RunState.DISCARDED}
        fields: dict[str, Any] = {
            "id": self.run_id,
            "workspace_id": self.workspace_id,
            "intent": Intent.FIX,
            "target": Target(),
            "instructions": "",
            "client_id": None,
            "state": state,
            "progress": None,
            "plan": self.plan(),
            "proposal_id": self.proposal_id if has_proposal else None,
            "answer": None,
            "problem": None,
            "created_at": NOON,
            "updated_at": NOON,
            "deadline_at": NOON,
            "heartbeat_at": None,
        }
        return Run(**{**fields, **changes})

    def evidence(self, **changes: Any) -> Evidence:
        checks = [
            Check(name=CheckName.SYNTAX, tool="tree-sitter", status=CheckStatus.PASSED, summary="parses"),
            Check(
                name=CheckName.TESTS,
                tool="pytest",
                status=CheckStatus.PASSED,
                summary="54 tests pass",
                duration_s=1.25,
                not_run=["tests/test_slow.py"],
            ),
        ]
        fields: dict[str, Any] = {
            "checks": checks,
            "base_sha256": "0" * 64,
            "sandbox": "bubblewrap",
            "isolation": "namespaces",
            "interpreter": "/usr/bin/python3",
            "verified": True,
        }
        return Evidence(**{**fields, **changes})

    def proposal(self, state: ProposalState = ProposalState.OFFERED, **changes: Any) -> Proposal:
        where = Range(start=Position(line=1, character=17), end=Position(line=1, character=18))
        edit = FileEdit(path="src/prices.py", base_sha256="0" * 64, edits=[TextEdit(range=where, new_text="<=")])
        fields: dict[str, Any] = {
            "id": self.proposal_id,
            "run_id": self.run_id,
            "workspace_id": self.workspace_id,
            "proposer": "repair",
            "title": "replace `<` by `<=` in cheap()",
            "change_set": ChangeSet(files=[edit]),
            "diff": DIFF,
            "evidence": self.evidence(),
            "verdict": Verdict(decision=Decision.ACCEPT, reasons=[]),
            "state": state,
            "created_at": NOON,
        }
        return Proposal(**{**fields, **changes})

    def event(self, seq: int, kind: EventType, data: dict[str, Any]) -> Event:
        return Event(seq=seq, run_id=self.run_id, workspace_id=self.workspace_id, n=seq, type=kind, at=NOON, data=data)

    def state_event(self, seq: int, state: RunState) -> Event:
        return self.event(
            seq, EventType.RUN_STATE, {"state": state.value, "from": "queued", "problem": None, "answer": None}
        )


@pytest.fixture
def models(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Models:
    """Models of the workspace that the test stands in."""
    root = (tmp_path / "shop").resolve()
    (root / "tests").mkdir(parents=True)
    (root / "src").mkdir()
    (root / "pyproject.toml").touch()
    (root / "src" / "prices.py").touch()
    (root / "tests" / "test_prices.py").touch()
    monkeypatch.chdir(root)
    return Models(root)


@pytest.fixture
def daemon(tercet_home: Path) -> Iterator[ScriptedDaemon]:
    with scripted_daemon(tercet_home) as script:
        yield script


@pytest.fixture
def tercet(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Callable[..., Result]:
    """Calls the command as the console script does, in this process."""

    def call(*arguments: str) -> Result:
        monkeypatch.setattr(sys, "argv", ["tercet", *arguments])
        with pytest.raises(SystemExit) as ended:
            main()
        captured = capsys.readouterr()
        return Result(int(ended.value.code or 0), captured.out, captured.err)

    return call

"""`tercet acp` as an editor that talks to agents sees it: the protocol's own client against the real process and daemon."""

import asyncio
import json
import os
import sys
from collections.abc import AsyncIterator, Callable, Mapping
from pathlib import Path
from typing import Any

import acp
import psutil
import pytest
from acp.client import ClientSideConnection
from acp.schema import AllowedOutcome, DeniedOutcome, RequestPermissionResponse
from tercet_shared import discovery

from tests.e2e.journey import BROKEN_SHOP, FIXED_LINE
from tests.e2e.lsp.conftest import end_daemon

Project = Callable[[Mapping[str, str | bytes]], Path]
AGENT = [str(Path(sys.executable).with_name("tercet")), "acp"]
BROKEN = BROKEN_SHOP["shop/discount.py"]
REPAIRED = BROKEN.replace("    if quantity > 10:\n", FIXED_LINE)

pytestmark = [pytest.mark.timeout(300), pytest.mark.must_have(reason="editors that talk to agents")]


class Person:
    """The editor with somebody in front of it: answers questions as told, and keeps what is shown."""

    def __init__(self) -> None:
        self.trust: str | None = "yes"
        self.apply: str | None = "yes"
        self.plan = "yes"
        self.before_answer: Callable[[], object] = lambda: None
        self.updates: list[tuple[str, Any]] = []
        self.questions: list[Any] = []
        self.kinds: dict[bool, set[str]] = {}
        """Of the options to answer with, by whether the question was about trust."""
        self.working = asyncio.Event()
        self.asked = asyncio.Event()
        self.never_answers = False

    async def session_update(self, session_id: str, update: Any, **_: Any) -> None:
        self.updates.append((session_id, update))
        if update.session_update == "tool_call":
            self.working.set()

    async def request_permission(self, session_id: str, tool_call: Any, options: Any, **_: Any) -> Any:
        self.questions.append(tool_call)
        is_trust = tool_call.tool_call_id.startswith("trust")
        if tool_call.tool_call_id.startswith("plan"):
            outcome = AllowedOutcome(outcome="selected", option_id=self.plan)
            return RequestPermissionResponse(outcome=outcome)
        self.kinds[is_trust] = {each.kind for each in options}
        wanted = self.trust if is_trust else self.apply
        if not is_trust:
            self.asked.set()
            await asyncio.to_thread(self.before_answer)
            if self.never_answers:
                await asyncio.Event().wait()
        if wanted is None:
            return RequestPermissionResponse(outcome=DeniedOutcome(outcome="cancelled"))
        return RequestPermissionResponse(outcome=AllowedOutcome(outcome="selected", option_id=wanted))

    def said(self) -> str:
        return "".join(each.content.text for _, each in self.updates if each.session_update == "agent_message_chunk")

    def shown(self, kind: str) -> list[Any]:
        return [each for _, each in self.updates if each.session_update == kind]


@pytest.fixture
async def connected(tercet_home: Path) -> AsyncIterator[tuple[ClientSideConnection, Person]]:
    person = Person()
    async with acp.spawn_agent_process(person, *AGENT, env=dict(os.environ)) as (agent, _):  # type: ignore[arg-type]
        yield agent, person
    await asyncio.to_thread(end_daemon)


Connected = tuple[ClientSideConnection, Person]


async def opened(agent: ClientSideConnection, root: Path) -> str:
    await agent.initialize(protocol_version=acp.PROTOCOL_VERSION)
    return (await agent.new_session(cwd=str(root), mcp_servers=[])).session_id


async def asked(agent: ClientSideConnection, session: str, words: str) -> str:
    return (await agent.prompt(session_id=session, prompt=[acp.text_block(words)])).stop_reason


async def test_a_failing_test_is_repaired_in_a_conversation(connected: Connected, project: Project):
    agent, person = connected
    root = project(BROKEN_SHOP)
    greeting = await agent.initialize(protocol_version=99)
    assert (greeting.protocol_version, greeting.agent_info.name if greeting.agent_info else None) == (1, "tercet")
    session = await opened(agent, root)

    person.trust = "no"
    assert await asked(agent, session, "/fix") == "end_turn"
    assert "is not trusted" in person.said()

    person.trust = "yes"
    assert await asked(agent, session, "/fix tests/test_cart.py") == "end_turn"
    assert (root / "shop/discount.py").read_text() == REPAIRED
    assert "(verified)" in person.said()
    assert "tercet undo" in person.said()
    assert person.shown("available_commands_update")[0].available_commands[0].name == "fix"
    plans = [[entry.status for entry in each.entries] for each in person.shown("plan")]
    assert plans[0][0] == "in_progress"
    assert set(plans[-1]) == {"completed"}
    checks = [each for each in person.shown("tool_call") if each.title.startswith("Check ")]
    assert any("tests" in each.title and each.status == "completed" for each in checks)
    (diff,) = person.questions[-1].content
    assert (Path(diff.path), diff.old_text, diff.new_text) == (root / "shop/discount.py", BROKEN, REPAIRED)
    last = {each.tool_call_id: each.status for each in person.shown("tool_call_update")}
    assert last[person.questions[-1].tool_call_id] == "completed"
    assert person.kinds == {True: {"allow_always", "reject_once"}, False: {"allow_once", "reject_once"}}


async def test_no_is_no_and_a_text_that_moved_on_is_not_overwritten(connected: Connected, project: Project):
    agent, person = connected
    root = project(BROKEN_SHOP)
    session = await opened(agent, root)
    person.apply = "no"
    assert await asked(agent, session, "/fix") == "end_turn"
    assert "Discarded" in person.said()
    assert (root / "shop/discount.py").read_text() == BROKEN

    person.apply = "yes"
    person.before_answer = lambda: (root / "shop/discount.py").write_text("# mine\n" + BROKEN)
    assert await asked(agent, session, "/fix") == "end_turn"
    assert (root / "shop/discount.py").read_text() == "# mine\n" + BROKEN
    assert "Applied" not in person.said()
    assert [each.status for each in person.shown("tool_call_update")][-1] == "failed"


async def test_cancelling_ends_the_run_and_the_open_question(connected: Connected, project: Project):
    agent, person = connected
    root = project({**BROKEN_SHOP, "tests/test_slow.py": "import time\n\ndef test_slow():\n    time.sleep(60)\n"})
    session = await opened(agent, root)
    prompt = asyncio.create_task(asked(agent, session, "/fix"))
    await person.working.wait()
    with pytest.raises(acp.RequestError):
        await asked(agent, session, "/fix")  # one at a time
    await agent.cancel(session_id=session)
    assert await prompt == "cancelled"

    (root / "tests/test_slow.py").unlink()
    person.never_answers = True
    prompt = asyncio.create_task(asked(agent, session, "/fix"))
    await asyncio.wait_for(person.asked.wait(), 120)
    await agent.cancel(session_id=session)
    assert await prompt == "cancelled"
    assert "Nothing was changed" in person.said()
    assert (root / "shop/discount.py").read_text() == BROKEN


async def test_a_daemon_that_is_killed_ends_no_conversation(connected: Connected, project: Project):
    agent, person = connected
    root = project(BROKEN_SHOP)
    session = await opened(agent, root)
    prompt = asyncio.create_task(asked(agent, session, "/fix"))
    await asyncio.wait_for(person.working.wait(), 120)
    await asyncio.to_thread(kill_daemon)  # while the run is at work
    person.before_answer = kill_daemon  # while the person looks at the change
    assert await asyncio.wait_for(prompt, 250) == "end_turn"
    assert "The daemon went away; starting it again. The run goes on where it was." in person.said()
    assert "The Tercet daemon does not answer" in person.said()
    assert (root / "shop/discount.py").read_text() == BROKEN
    assert [each.status for each in person.shown("tool_call_update")][-1] == "failed"

    assert await asked(agent, session, "/explain rate") == "end_turn"
    assert "shop/discount.py" in person.said()


def kill_daemon() -> None:
    """kill -9."""
    record = discovery.read_record()
    assert record is not None
    process = psutil.Process(record.pid)
    process.kill()
    process.wait(60)


async def test_without_a_model_it_says_so_and_explains_all_the_same(connected: Connected, project: Project):
    agent, person = connected
    session = await opened(agent, project(BROKEN_SHOP))
    assert await asked(agent, session, "/explain rate") == "end_turn"
    assert not person.questions  # an explanation runs nothing
    assert "shop/discount.py" in person.said()
    assert await asked(agent, session, "What does rate in shop/discount.py do?") == "end_turn"
    assert "Understood as: explain, rate in shop/discount.py" in person.said()
    assert await asked(agent, session, "Add a discount of twenty per cent") == "end_turn"
    assert "it takes a language model" in person.said()
    assert not person.questions  # nobody is asked for trust in vain


async def test_a_plan_that_is_to_be_approved_is_asked_about(
    tercet_home: Path, project: Project, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("TERCET_RUN_APPROVE", "always")
    person, root = Person(), project(BROKEN_SHOP)
    try:
        async with acp.spawn_agent_process(person, *AGENT, env=dict(os.environ)) as (agent, _):  # type: ignore[arg-type]
            session = await opened(agent, root)
            person.plan = "no"
            assert await asked(agent, session, "/fix") == "end_turn"
            assert "Dropped; nothing was changed." in person.said()
            person.plan = "yes"
            assert await asked(agent, session, "/fix") == "end_turn"
    finally:
        await asyncio.to_thread(end_daemon)
    assert (root / "shop/discount.py").read_text() == REPAIRED
    assert [each.title for each in person.questions].count("Go on with this plan") == 2


async def test_bad_input_is_answered_with_errors_and_the_agent_lives(tercet_home: Path, tmp_path: Path):
    lines = [
        b"{nonsense",
        b"[1, 2]",
        b'{"jsonrpc": "2.0", "id": 1, "method": "no/such"}',
        b'{"jsonrpc": "2.0", "id": 2, "method": "session/new", "params": {"cwd": 5}}',
        b'{"jsonrpc": "2.0", "id": 3, "method": "session/prompt", "params": {"sessionId": "x", "prompt": []}}',
        b'{"jsonrpc": "2.0", "id": 4, "method": "session/prompt"}',
        b'{"jsonrpc": "2.0", "method": "session/cancel", "params": {"sessionId": "x"}}',
        json.dumps(
            {"id": 5, "method": "session/new", "params": {"cwd": str(tmp_path / "gone"), "mcpServers": []}}
        ).encode(),
        b'{"jsonrpc": "2.0", "id": 6, "method": "initialize", "params": {"protocolVersion": 1}}',
    ]
    process = await asyncio.create_subprocess_exec(
        *AGENT, stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE
    )
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.write(b"\n".join(lines) + b"\n")
    answers = [json.loads(await asyncio.wait_for(process.stdout.readline(), 120)) for _ in range(8)]
    process.stdin.close()
    assert await process.wait() == 0
    await asyncio.to_thread(end_daemon)
    codes = {each["id"]: each["error"]["code"] for each in answers if each["id"] not in (None, 6)}
    assert codes == {1: -32601, 2: -32602, 3: -32602, 4: -32602, 5: -32602}
    assert sorted(each["error"]["code"] for each in answers if each["id"] is None) == [-32700, -32600]
    assert next(each for each in answers if each["id"] == 6)["result"]["protocolVersion"] == 1

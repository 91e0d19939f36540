"""A language model in a real daemon: its edits are proved like any other, and whatever its vendor does, nothing is lost."""

import asyncio
import json
from collections.abc import Callable
from pathlib import Path

import pytest
from tercet_shared.client import DaemonClient
from tercet_shared.runs import Run, RunState

from tests.doubles.vendor import Breaks, Fails, How, Says, Vendor
from tests.e2e.journey import (
    BROKEN_SHOP,
    FIXED_LINE,
    RealDaemon,
    proposal_of,
    start_fix,
    trusted,
    until_resting,
)

KEY = "sk-end-to-end-0123456789"
SECRET = "hunter2-is-not-enough"

SHOP = {
    **BROKEN_SHOP,
    ".env": f"DATABASE_PASSWORD={SECRET}\n",
    "shop/discount.py": f'DB_PASSWORD = "{SECRET}!"\n\n\n' + str(BROKEN_SHOP["shop/discount.py"]),
}
"""With a secret where it belongs, and one where it does not."""

OLD_LINE = "    if quantity > 10:\n"


def edit(new: str, old: str = OLD_LINE) -> Says:
    block = f"shop/discount.py\n<<<<<<< SEARCH\n{old}=======\n{new}>>>>>>> REPLACE\n"
    return Says(f"The boundary is off by one.\n\n{block}")


RIGHT, WRONG, STALE = edit(FIXED_LINE), edit("    if quantity > 12:\n"), edit(FIXED_LINE, "    if amount > 10:\n")
SPECIAL_CASE = edit("    if quantity == 10:\n")
"""Makes the failing test pass and breaks those that passed."""


@pytest.fixture
def start(daemon: RealDaemon, tercet_home: Path) -> Callable[..., object]:
    """Starts the daemon with these vendors as coders and, unless told otherwise, nothing else to propose anything."""

    async def starting(*vendors: Vendor, proposers: str = "model", budget: str = "") -> DaemonClient:
        names = [f"v{number}" for number in range(len(vendors))]
        lines = [f"[models]\ncoder = {json.dumps([f'{name}/gpt-4o' for name in names])}\nstall_s = 8.0\nrounds = 1\n"]
        lines += [f"[budget]\n{budget}\n"]
        lines += [
            f'[providers.{name}]\nkind = "openai_compatible"\nendpoint = "{vendor.url}/v1"\nkey_env = "E2E_KEY"\n'
            for name, vendor in zip(names, vendors, strict=True)
        ]
        config = tercet_home / "config.toml"
        config.write_text("\n".join(lines))
        return await daemon.start(TERCET_CONFIG=str(config), TERCET_RUN_PROPOSERS=proposers, E2E_KEY=KEY)

    return starting


async def fixed(client: DaemonClient, root: Path) -> Run:
    run = await start_fix(client, await trusted(client, root))
    return await until_resting(client, run.id)


def everything_written(home: Path) -> bytes:
    return b"".join(each.read_bytes() for each in home.iterdir() if each.is_file() and each.name != "config.toml")


async def test_a_models_edit_is_proved_and_offered_and_no_secret_leaves(start, project, tercet_home: Path):
    with Vendor([STALE, WRONG, RIGHT]) as vendor:
        client = await start(vendor)
        run = await fixed(client, project(SHOP))
        proposal = await proposal_of(client, run)
        assert (proposal.proposer, proposal.evidence.verified) == ("model", True)
        assert f"+{FIXED_LINE}" in proposal.diff
        report = await client.doctor()
    assert len(vendor.requests) == 3
    assert "assert 1000 == 900" in vendor.requests[0].text
    assert "was not applied" in vendor.requests[1].text
    assert "not right yet" in vendor.requests[2].text
    assert not [each for each in vendor.requests if SECRET in each.text]
    assert any(each.topic == "model v0/gpt-4o" for each in report.diagnoses)
    assert KEY.encode() not in everything_written(tercet_home)
    assert KEY not in str(report)


async def test_an_edit_that_breaks_other_tests_is_never_offered(start, project):
    with Vendor([SPECIAL_CASE, SPECIAL_CASE]) as vendor:
        client = await start(vendor)
        run = await fixed(client, project(SHOP))
        assert (run.state, run.proposal_id) == (RunState.NO_CANDIDATE, None)
    assert len(vendor.requests) == 3, "the same edit for the third time ends the talk"
    assert "not right yet" in vendor.requests[1].text


async def test_the_first_vendor_fails_and_the_second_repairs(start, project):
    with Vendor([Fails(429, retry_after="60")]) as first, Vendor([RIGHT]) as second:
        client = await start(first, second)
        proposal = await proposal_of(client, await fixed(client, project(SHOP)))
        assert proposal.evidence.verified


async def test_a_run_whose_vendors_all_fail_ends_with_what_each_did(start, project):
    with Vendor([Fails(401)]) as first, Vendor([Breaks(How.CLOSE)]) as second:
        client = await start(first, second)
        run = await fixed(client, project(SHOP))
    assert run.state is RunState.NO_CANDIDATE
    assert "v0/gpt-4o refused the request (401)" in (run.answer or "")
    assert "v1/gpt-4o broke off" in (run.answer or "")


async def test_without_money_no_vendor_is_asked_and_the_search_repairs(start, project):
    with Vendor([RIGHT]) as vendor:
        client = await start(vendor, proposers="rules,repair,model", budget="run_tokens = 10")
        proposal = await proposal_of(client, await fixed(client, project(SHOP)))
        assert proposal.proposer == "repair"
    assert vendor.requests == []


async def test_cancelling_hangs_up_on_the_vendor(start, project):
    with Vendor([Says("word " * 5000, wait_s=0.2)]) as vendor:
        client = await start(vendor)
        run = await start_fix(client, await trusted(client, project(SHOP)))
        async with asyncio.timeout(60):
            while not vendor.requests:
                await asyncio.sleep(0.02)
        await client.cancel_run(run.id)
        assert (await until_resting(client, run.id, 10)).state is RunState.CANCELLED
        async with asyncio.timeout(10):
            while vendor.requests[0].hung_up_at is None:
                await asyncio.sleep(0.02)
        assert not vendor.requests[0].completed


AUDIT = """
import os, sys

def _look(event, arguments):
    if event == "import" and arguments[0] == "litellm":
        _tell("import litellm")
    if event == "socket.connect" and isinstance(arguments[1], tuple):
        _tell(f"connect {arguments[1]}")
    if event == "socket.getaddrinfo":
        _tell(f"resolve {arguments[0]}")

def _tell(line):
    descriptor = os.open(os.environ["AUDIT_FILE"], os.O_CREAT | os.O_APPEND | os.O_WRONLY)
    os.write(descriptor, (line + "\\n").encode())
    os.close(descriptor)

if "tercet_server" in sys.orig_argv:
    sys.addaudithook(_look)
    _tell("listening")
"""


async def test_without_a_configured_model_nothing_is_loaded_and_nobody_is_connected(
    daemon: RealDaemon, project, tmp_path: Path
):
    audit = tmp_path / "audit"
    (tmp_path / "sitecustomize.py").write_text(AUDIT)
    client = await daemon.start(PYTHONPATH=str(tmp_path), AUDIT_FILE=str(audit), OPENAI_API_KEY=KEY)
    run = await fixed(client, project(SHOP))
    assert run.state is RunState.PROPOSED
    assert await client.doctor()
    assert audit.read_text() == "listening\n"

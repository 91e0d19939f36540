"""The daemon as it is really wired: services assemble, a missing sandbox stops runs but nothing else, and all is given back."""

import asyncio
from pathlib import Path

import httpx
import pytest
from tercet_server import sandbox as sandboxes
from tercet_server.api import Access
from tercet_server.app import create_app
from tercet_server.config import Settings
from tercet_shared.discovery import installed_version
from tercet_shared.errors import SandboxUnavailable

TOKEN = "t" * 32
VERSION = installed_version()
"""Read before a loop runs, as the daemon does."""

HEADERS = {"Authorization": f"Bearer {TOKEN}"}


async def _no_sandbox(_: object) -> None:
    raise SandboxUnavailable("No sandbox isolates enough here. Install bubblewrap.")


async def test_without_a_sandbox_everything_but_running_works(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(sandboxes, "choose", _no_sandbox)
    (tmp_path / "home").mkdir()
    root = tmp_path / "project"
    root.mkdir()
    (root / "test_it.py").write_text("def test_it():\n    assert False\n")
    app = create_app(Settings(), tmp_path / "home", access=Access.over_socket(TOKEN), problems=["config.toml:1: x."])
    transport = httpx.ASGITransport(app)
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=transport, base_url="http://tercet/api/v1", headers=HEADERS, timeout=60) as http,
    ):
        assert (await http.get("/health")).status_code == 200
        report = (await http.get("/doctor")).json()["diagnoses"]
        (sandbox,) = [each for each in report if each["topic"] == "sandbox"]
        assert (sandbox["grade"], "Install bubblewrap" in sandbox["advice"]) == ("missing", True)
        assert "config.toml:1: x." in [each["found"] for each in report]

        workspace = (await http.post("/workspaces", json={"root": str(root), "trust": "trusted"})).json()
        run = (await http.post("/runs", json={"workspace_id": workspace["id"], "intent": "fix"})).json()
        async with asyncio.timeout(30):
            while run["state"] != "failed":
                await asyncio.sleep(0.02)
                run = (await http.get(f"/runs/{run['id']}")).json()
        assert run["problem"]["code"] == "sandbox_unavailable"
        assert "Install bubblewrap" in run["problem"]["sentence"]


async def test_a_ledger_that_cannot_be_opened_is_told_by_every_endpoint_but_health(tmp_path: Path):
    (tmp_path / "ledger.sqlite").mkdir()
    app = create_app(Settings(), tmp_path, access=Access.over_socket(TOKEN))
    transport = httpx.ASGITransport(app)
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=transport, base_url="http://tercet/api/v1", headers=HEADERS, timeout=60) as http,
    ):
        assert (await http.get("/health")).status_code == 200
        answer = await http.get("/runs")
        assert answer.headers["content-type"] == "application/problem+json"
        assert answer.json()["code"] != "internal", answer.text

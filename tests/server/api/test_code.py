"""Questions about a workspace's code over HTTP: answers as the client reads them, and refusals that say what is wrong."""

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest
from tercet_shared import errors
from tercet_shared.context import CallDirection, IndexState
from tercet_shared.edits import text_sha256
from tercet_shared.ids import ClientId, WorkspaceId
from tercet_shared.workspaces import OverlayRequest, Workspace

from tests.doubles.running_api import RunningApi

ME = ClientId("e-me")


@pytest.fixture
async def indexed(api: RunningApi, workspace: Workspace) -> Workspace:
    async with asyncio.timeout(60):
        while (await api.client.index_status(workspace.id)).state is IndexState.BUILDING:
            await asyncio.sleep(0.02)
    return workspace


async def test_every_question_has_an_answer(api: RunningApi, indexed: Workspace):
    client, at = api.client, {"line": 0, "character": 4}
    found = await client.search(indexed.id, "add two numbers", limit=3)
    assert "add" in {each.symbol.name for each in found.definitions}
    assert found.coverage.complete
    assert next(each.name for each in (await client.symbols(indexed.id, "add")).symbols) == "add"
    assert [each.name for each in (await client.outline(indexed.id, "calc.py")).symbols] == ["add"]
    (defined,) = (await client.definition(indexed.id, "calc.py", **at)).definitions
    assert defined.signature == "def add(a, b)"
    assert (await client.references(indexed.id, "calc.py", **at)).name == "add"
    calls = await client.calls(indexed.id, "calc.py", CallDirection.OUTGOING, **at)
    assert (calls.name, calls.calls, calls.truncated) == ("add", [], False)
    assert (await client.impact(indexed.id, "calc.py", **at)).changed[0].name == "add"
    assert "def add(a, b)" in (await client.description(indexed.id, "calc.py", **at)).markdown
    section = await client.context(indexed.id, "add", budget=200)
    assert "def add(a, b):" in section.text
    assert section.tokens <= section.budget == 200
    assert (await client.index_status(indexed.id)).documents > 0
    assert (await client.rebuild_index(indexed.id)).workspace_id == indexed.id


async def test_an_unsaved_text_is_what_its_client_asks_about(api: RunningApi, indexed: Workspace):
    overlay = OverlayRequest(client_id=ME, path="calc.py", version=1, text="def subtract(a, b):\n    return a - b\n")
    await api.client.put_overlay(indexed.id, overlay)
    mine = await api.client.outline(indexed.id, "calc.py", ME)
    assert [each.name for each in mine.symbols] == ["subtract"]
    async with asyncio.timeout(30):
        while not (await api.client.symbols(indexed.id, "subtract")).symbols:
            await asyncio.sleep(0.02)
    await api.client.delete_overlay(indexed.id, ME, "calc.py")
    async with asyncio.timeout(30):
        while (await api.client.symbols(indexed.id, "subtract")).symbols:
            await asyncio.sleep(0.02)


async def test_refactorings_are_of_the_text_that_the_client_sees(api: RunningApi, indexed: Workspace):
    text = "def subtract(a, b):\n    return int(a - b)\n"
    await api.client.put_overlay(indexed.id, OverlayRequest(client_id=ME, path="calc.py", version=1, text=text))
    where = {"line": 1, "character": 15, "end_line": 1, "end_character": 20}
    found = await api.client.refactorings(indexed.id, "calc.py", client_id=ME, **where)
    assert found.text_sha256 == text_sha256(text)
    assert [(each.title, bool(each.edits)) for each in found.refactorings] == [
        ("Extract variable `value`", True),
        ("Extract function `_subtract_part`", True),
    ]
    await api.client.put_overlay(indexed.id, OverlayRequest(client_id=ME, path="notes.txt", version=1, text="a + b\n"))
    none = await api.client.refactorings(
        indexed.id, "notes.txt", client_id=ME, line=0, character=0, end_line=0, end_character=5
    )
    assert none.refactorings == []


async def test_half_a_character_in_a_text_breaks_no_answer(api: RunningApi, indexed: Workspace):
    text = 'def add(a="\udc00"):\n    """\ud800"""\n'
    body = json.dumps({"client_id": ME, "path": "calc.py", "version": 1, "text": text})
    put = await api.http.put(
        f"/workspaces/{indexed.id}/overlays", content=body, headers={"Content-Type": "application/json"}
    )
    assert put.status_code == 200, put.text
    for question in ("outline", "definition", "references", "description", "refactorings"):
        asked = {"path": "calc.py", "line": 0, "character": 5, "end_line": 0, "end_character": 6, "client_id": ME}
        answer = await api.http.get(f"/workspaces/{indexed.id}/{question}", params=asked)
        assert answer.status_code == 200, answer.text
    answer = await api.http.get(f"/workspaces/{indexed.id}/context", params={"words": "add", "client_id": ME})
    assert answer.status_code == 200, answer.text


@pytest.mark.parametrize(
    ("question", "query", "code"),
    [
        ("search", {"words": ""}, "invalid_request"),
        ("search", {"words": "x" * 2001}, "invalid_request"),
        ("search", {"words": "x", "limit": 0}, "invalid_request"),
        ("context", {"words": "x", "budget": 0}, "invalid_request"),
        ("context", {"words": "x", "budget": 10**9}, "invalid_request"),
        ("symbols", {"name": "x" * 501}, "invalid_request"),
        ("outline", {"path": "../calc.py"}, "invalid_request"),
        ("outline", {"path": "/etc/passwd"}, "invalid_request"),
        ("outline", {"path": "a/\x00.py"}, "invalid_request"),
        ("outline", {"path": "link.py"}, "edit_refused"),
        ("outline", {"path": "nowhere.py"}, "not_found"),
        ("definition", {"path": "calc.py", "line": 99, "character": 0}, "invalid_request"),
        ("definition", {"path": "calc.py", "line": -1, "character": 0}, "invalid_request"),
        ("references", {"path": "calc.py", "line": 0, "character": 10**12}, "invalid_request"),
        ("impact", {"path": "calc.py"}, "invalid_request"),
        ("refactorings", {"path": "calc.py", "line": 0, "character": 0}, "invalid_request"),
        (
            "refactorings",
            {"path": "calc.py", "line": 1, "character": 2, "end_line": 1, "end_character": 1},
            "invalid_request",
        ),
        ("refactorings", {"path": "no.py", "line": 0, "character": 0, "end_line": 0, "end_character": 1}, "not_found"),
        ("calls", {"path": "calc.py", "line": 0, "character": 0, "direction": "sideways"}, "invalid_request"),
        ("description", {"path": "nowhere.py", "line": 0, "character": 0}, "not_found"),
    ],
)
async def test_what_cannot_be_answered_is_refused_in_words(
    api: RunningApi, indexed: Workspace, root: Path, question: str, query: dict[str, Any], code: str
):
    (root / "link.py").symlink_to("/etc/hostname")
    answer = await api.http.get(f"/workspaces/{indexed.id}/{question}", params=query)
    problem = answer.json()
    assert (problem["code"], answer.headers["content-type"]) == (code, "application/problem+json")
    assert problem["detail"].endswith(".")


async def test_an_unknown_workspace_has_no_code(api: RunningApi):
    for ask in (api.client.index_status, api.client.rebuild_index):
        with pytest.raises(errors.NotFound):
            await ask(WorkspaceId("w0"))
    with pytest.raises(errors.NotFound):
        await api.client.search(WorkspaceId("w0"), "x")


async def test_a_workspace_that_was_deleted_is_gone(api: RunningApi, indexed: Workspace, root: Path):
    root.rename(root.with_name("elsewhere"))
    with pytest.raises(errors.WorkspaceGone):
        await api.client.search(indexed.id, "add")

"""What an editor's views of runs and proposals are made of: our own methods, on the real daemon."""

import asyncio
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
from lsprotocol import types
from pygls.exceptions import JsonRpcException
from tercet_shared.editor import ProposalChanges, Snapshot
from tercet_shared.events import Event
from tercet_shared.models import ModelsReport

from tests.doubles.impersonated_editor import WAIT_S, Editor, vs_code
from tests.e2e.journey import BROKEN_SHOP, FIXED_LINE
from tests.e2e.lsp.conftest import TRUSTED, StartEditor, offered

Project = Callable[[Mapping[str, str | bytes]], Path]


async def ask(editor: Editor, method: str, params: object = None) -> Any:
    """The result as plain JSON values: pytest-lsp makes objects of what it does not know."""
    result = await asyncio.wait_for(editor.client.protocol.send_request_async(method, params), WAIT_S)
    return plain(result)


def plain(value: Any) -> Any:
    if isinstance(value, tuple) and hasattr(value, "_asdict"):
        return {key: plain(each) for key, each in value._asdict().items()}
    return [plain(each) for each in value] if isinstance(value, list) else value


async def test_views_see_a_run_its_events_and_the_texts_of_its_proposal(project: Project, start_editor: StartEditor):
    root = project(BROKEN_SHOP)
    capabilities = vs_code()
    capabilities.experimental = {"tercet": {"events": True}}
    assert capabilities.workspace is not None
    capabilities.workspace.text_document_content = types.TextDocumentContentClientCapabilities()
    editor = await start_editor(root, capabilities, options=TRUSTED, on_notification=("tercet/event", "tercet/daemon"))
    uri, proposal = await offered(editor, root)

    snapshot = Snapshot.model_validate(await ask(editor, "tercet/snapshot"))
    assert snapshot.daemon.state == "connected"
    assert [each.id for each in snapshot.proposals] == [proposal]
    run = next(each for each in snapshot.runs if each.proposal_id == proposal)
    events = [Event.model_validate(each) for each in await ask(editor, "tercet/runEvents", {"run": run.id})]
    assert [each.n for each in events] == list(range(1, len(events) + 1))
    heard = [plain(params) for method, params in editor.heard if method == "tercet/event"]
    assert events[-1].seq in {each["seq"] for each in heard}
    assert plain(next(params for method, params in editor.heard if method == "tercet/daemon"))["state"] == "connected"
    ModelsReport.model_validate(await ask(editor, "tercet/models"))

    (changed,) = ProposalChanges.model_validate(await ask(editor, "tercet/changes", {"proposal": proposal})).files
    before = editor.buffers[uri].text
    assert (changed.uri, changed.path, changed.before) == (uri, "shop/discount.py", before)
    assert changed.after == before.replace("    if quantity > 10:\n", FIXED_LINE)

    diff = await editor.run("tercet.compare", {"proposal": proposal})
    shown = await editor.until(lambda: list(editor.client.shown_documents))
    params = types.TextDocumentContentParams(uri=shown[0].uri)
    virtual = await editor.client.workspace_text_document_content_async(params)
    assert shown[0].uri == f"tercet:/proposals/{proposal}.diff"
    assert virtual.text.endswith(diff)
    with pytest.raises(JsonRpcException, match="no document"):
        await editor.client.workspace_text_document_content_async(types.TextDocumentContentParams(uri="tercet:/x"))

    editor.type(uri, 0, 0, "# newer\n")
    with pytest.raises(JsonRpcException) as caught:
        await ask(editor, "tercet/changes", {"proposal": proposal})
    assert caught.value.data["code"] == "stale_text"

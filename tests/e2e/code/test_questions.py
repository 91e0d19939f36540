"""The example project's code, asked about through a real daemon and a real language server, also across a killed daemon."""

import asyncio
import shutil
from pathlib import Path

from lsprotocol import types
from tercet_shared.client import DaemonClient
from tercet_shared.context import IndexState, IndexStatus
from tercet_shared.ids import WorkspaceId
from tercet_shared.runs import Intent, RunRequest, RunState, Target
from tercet_shared.workspaces import WorkspaceRequest

from tests.doubles.impersonated_editor import vs_code
from tests.e2e.journey import RealDaemon, until_resting
from tests.e2e.lsp.conftest import StartEditor, start_editor

__all__ = ["start_editor"]

EXAMPLE = Path(__file__).parents[3] / "examples" / "bookshop"
MONEY = "src/bookshop/money.py"


def bookshop(folder: Path) -> Path:
    root = folder / "bookshop"
    shutil.copytree(EXAMPLE, root, ignore=shutil.ignore_patterns("__pycache__", ".*"))
    return root.resolve()


async def indexed(client: DaemonClient, workspace_id: WorkspaceId) -> IndexStatus:
    async with asyncio.timeout(60):
        while (status := await client.index_status(workspace_id)).state is IndexState.BUILDING:
            await asyncio.sleep(0.05)
    return status


async def test_a_code_base_is_asked_about(daemon: RealDaemon, tmp_path: Path):
    root = bookshop(tmp_path)
    client = await daemon.start()
    workspace = await client.register_workspace(WorkspaceRequest(root=str(root)))
    status = await indexed(client, workspace.id)
    assert status.state is IndexState.READY
    assert status.coverage.complete

    found = await client.search(workspace.id, "what does it cost to send a parcel")
    assert "src/bookshop/delivery.py" in [each.path for each in found.files[:3]]
    assert found.definitions[0].reasons

    text = (root / "src/bookshop/basket.py").read_text().splitlines()
    place = next((line, text[line].index("Money")) for line in range(len(text)) if "-> Money" in text[line])
    at = {"line": place[0], "character": place[1]}
    (money,) = (await client.definition(workspace.id, "src/bookshop/basket.py", **at)).definitions
    assert (money.path, money.name) == (MONEY, "Money")
    at = {"line": money.name_range.start.line, "character": money.name_range.start.character}
    used = await client.references(workspace.id, MONEY, **at)
    assert {"src/bookshop/basket.py", "src/bookshop/checkout.py"} <= {each.path for each in used.references}
    assert all(
        _stands_there(root, each.path, each.range.start.line, each.range.start.character) for each in used.references
    )
    impact = await client.impact(workspace.id, MONEY, **at)
    assert "tests/test_money.py" in {each.symbol.path for each in impact.tests}
    section = await client.context(workspace.id, "what does it cost to send a parcel", 500)
    assert "def parcel_cost(weight_g: int) -> Money:" in section.text
    assert section.tokens <= 500

    await daemon.kill()
    client = await daemon.start()
    assert (await client.search(workspace.id, "parcel")).definitions
    await daemon.kill()
    for file in (daemon.home / "cache" / "index").iterdir():
        file.write_bytes(b"no database at all" * 1000)
    client = await daemon.start()
    healed = await indexed(client, workspace.id)
    assert healed.problems
    assert (await client.search(workspace.id, "parcel")).definitions


def _stands_there(root: Path, path: str, line: int, character: int) -> bool:
    return (root / path).read_text().splitlines()[line].startswith("Money", character)


async def test_an_editor_shows_outlines_symbols_and_what_a_name_is(start_editor: StartEditor, tmp_path: Path):
    root = bookshop(tmp_path)
    editor = await start_editor(root, vs_code(), options={"trust": "untrusted"})
    uri = editor.open(root / MONEY)
    document = types.TextDocumentIdentifier(uri=uri)

    async def outline() -> list[types.DocumentSymbol]:
        return list(await editor.client.text_document_document_symbol_async(types.DocumentSymbolParams(document)) or [])

    money = next(each for each in await editor.until(outline) if each.name == "Money")
    assert "percent" in [each.name for each in money.children or []]

    async def symbols() -> list[types.SymbolInformation]:
        return list(await editor.client.workspace_symbol_async(types.WorkspaceSymbolParams(query="parcelcost")) or [])

    parcel, *_ = await editor.until(symbols)
    assert parcel.location.uri == (root / "src/bookshop/delivery.py").as_uri()

    editor.type(uri, 0, 0, "def freshly_typed(): pass\n")
    assert "freshly_typed" in [each.name for each in await outline()]

    async def hover() -> types.Hover | None:
        place = types.Position(money.selection_range.start.line + 1, money.selection_range.start.character)
        return await editor.client.text_document_hover_async(types.HoverParams(document, place))

    shown = await editor.until(hover)
    assert "class Money" in shown.contents.value


async def test_code_is_explained_without_trust(daemon: RealDaemon, tmp_path: Path):
    root = bookshop(tmp_path)
    client = await daemon.start()
    workspace = await client.register_workspace(WorkspaceRequest(root=str(root)))
    asked = RunRequest(workspace_id=workspace.id, intent=Intent.EXPLAIN, target=Target(symbol="discount"))
    run = await until_resting(client, (await client.start_run(asked)).id)
    assert run.state is RunState.COMPLETED
    assert "calls discount in line" in (run.answer or "")
    assert run.proposal_id is None

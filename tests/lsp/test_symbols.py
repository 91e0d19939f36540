"""Outlines, symbols of the workspace and hovers over names, as a daemon tells of them and as an editor is shown them."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest
from tercet_lsp.convert.symbols import outline
from tercet_lsp.convert.texts import Text
from tercet_shared.context import Coverage, Description, Outline, Symbol, SymbolList
from tercet_shared.edits import Position, Range, line_range, text_sha256
from tercet_shared.errors import NotFound
from tercet_shared.ids import WorkspaceId
from tercet_shared.workspaces import Trust, Workspace

from tests.doubles.language_wire import Wire
from tests.doubles.scripted_daemon import ScriptedDaemon, scripted_daemon

W = WorkspaceId("w1")
TEXT = "class Cart:  # 😀\n    def total(self): pass\n\n'😀'; x = 1\n"
WHOLE = Coverage(complete=True, files_done=1, files_total=1)


def symbol(name: str, kind: str, lines: tuple[int, int], name_range: Range, path: str = "cart.py") -> Symbol:
    where = Range(start=Position(line=lines[0], character=0), end=Position(line=lines[1] + 1, character=0))
    return Symbol(path=path, name=name, kind=kind, range=where, name_range=name_range, signature=f"the {name}")


CART = symbol("Cart", "class", (0, 1), line_range(0, 6, 10))
TOTAL = symbol("Cart.total", "method", (1, 1), line_range(1, 8, 13))
ODD = symbol("x", "spell", (3, 3), line_range(3, 5, 6))
SYMBOLS = [CART, TOTAL, ODD]


class Session:
    """A language server with one open document, connected to a scripted daemon."""

    def __init__(self, root: Path, daemon: ScriptedDaemon, capabilities: dict[str, Any]) -> None:
        self.wire, self.daemon = Wire(), daemon
        self.uri = (root / "cart.py").as_uri()
        workspace = Workspace(id=W, root=str(root), name="p", trust=Trust.UNTRUSTED)
        daemon.on("POST /workspaces", workspace)
        daemon.on("GET /events", [None])
        daemon.on("GET /runs", [])
        daemon.on("GET /proposals", [])
        daemon.on(f"GET /workspaces/{W}/findings", [])
        daemon.on(f"PUT /workspaces/{W}/overlays", {"path": "cart.py", "version": 1, "text_sha256": "0" * 64})
        daemon.on("DELETE /clients/" + self.wire.server.session.client_id, None)
        folder = {"uri": root.as_uri(), "name": "p"}
        self.wire.initialize(workspaceFolders=[folder], capabilities=capabilities)
        document = {"uri": self.uri, "languageId": "python", "version": 1, "text": TEXT}
        self.wire.say(method="textDocument/didOpen", params={"textDocument": document})

    async def ask(self, method: str, **params: Any) -> Any:
        """The answer, when it comes."""
        self.wire.say(id=9, method=method, params=params)
        async with asyncio.timeout(20):
            while not (found := [each for each in self.wire.sent if each.get("id") == 9]):
                await asyncio.sleep(0.005)
        self.wire.sent[:] = [each for each in self.wire.sent if each.get("id") != 9]
        assert "error" not in found[0], found[0]
        return found[0]["result"]

    async def document_symbols(self) -> Any:
        return await self.ask("textDocument/documentSymbol", textDocument={"uri": self.uri})


NESTS = {"textDocument": {"documentSymbol": {"hierarchicalDocumentSymbolSupport": True}}}


@pytest.fixture
def root(tmp_path: Path) -> Path:
    folder = (tmp_path / "p").resolve()
    folder.mkdir()
    (folder / "cart.py").write_text(TEXT)
    (folder / "other.py").write_text("y = '😀'; z = 1\n")
    return folder


@pytest.fixture
def daemon(tercet_home: Path) -> Iterator[ScriptedDaemon]:
    with scripted_daemon(tercet_home) as script:
        yield script


@pytest.fixture
async def session(root: Path, daemon: ScriptedDaemon) -> AsyncIterator[Session]:
    session = Session(root, daemon, NESTS)
    session.wire.say(method="initialized", params={})
    async with asyncio.timeout(20):
        while session.wire.server.session._link is None or session.wire.server.session._link.current is None:
            await asyncio.sleep(0.005)
    yield session
    await session.wire.server.close()


async def test_an_outline_is_nested_and_in_the_editor_s_columns(session: Session):
    session.daemon.on(
        f"GET /workspaces/{W}/outline", Outline(path="cart.py", text_sha256=text_sha256(TEXT), symbols=SYMBOLS)
    )
    cart, odd = await session.document_symbols()
    assert (cart["name"], cart["kind"], cart["detail"]) == ("Cart", 5, "the Cart")
    assert [(each["name"], each["kind"]) for each in cart["children"]] == [("total", 6)]
    assert odd["selectionRange"]["start"] == {"line": 3, "character": 6}
    assert odd["kind"] == 13


async def test_an_editor_that_cannot_nest_gets_a_list(root: Path, daemon: ScriptedDaemon):
    session = Session(root, daemon, {})
    found = Outline(path="cart.py", text_sha256=text_sha256(TEXT), symbols=SYMBOLS)
    daemon.on(f"GET /workspaces/{W}/outline", found)
    session.wire.say(method="initialized", params={})
    listed = await session.document_symbols()
    named = [(each["name"], each.get("containerName")) for each in listed]
    assert named == [("Cart", None), ("total", "Cart"), ("x", None)]
    await session.wire.server.close()


async def test_an_outline_of_another_text_or_an_error_is_no_outline(session: Session):
    old = Outline(path="cart.py", text_sha256=text_sha256("old"), symbols=SYMBOLS)
    session.daemon.on(f"GET /workspaces/{W}/outline", old)
    assert await session.document_symbols() == []
    session.daemon.on(f"GET /workspaces/{W}/outline", NotFound("There is none."))
    assert await session.document_symbols() == []


async def test_symbols_of_the_workspace_stand_where_their_files_are(session: Session, root: Path):
    other = symbol("z", "variable", (0, 0), line_range(0, 9, 10), "other.py")
    gone = symbol("w", "variable", (0, 0), line_range(0, 0, 1), "gone.py")
    session.daemon.on(f"GET /workspaces/{W}/symbols", SymbolList(symbols=[TOTAL, other, gone], coverage=WHOLE))
    total, found = await session.ask("workspace/symbol", query="t")
    assert (total["name"], total["containerName"], total["location"]["uri"]) == ("total", "Cart", session.uri)
    assert found["location"]["uri"] == (root / "other.py").as_uri()
    assert found["location"]["range"]["start"] == {"line": 0, "character": 10}


async def test_a_hover_says_what_a_name_is_if_no_finding_does(session: Session):
    known = Description(symbol=TOTAL, markdown="**total**", uses=2, coverage=WHOLE)
    session.daemon.on(f"GET /workspaces/{W}/description", known, Description(symbol=None, coverage=WHOLE))
    place = {"textDocument": {"uri": session.uri}, "position": {"line": 1, "character": 9}}
    assert (await session.ask("textDocument/hover", **place))["contents"]["value"] == "**total**"
    assert await session.ask("textDocument/hover", **place) is None
    session.daemon.on(f"GET /workspaces/{W}/description", NotFound("There is none."))
    assert await session.ask("textDocument/hover", **place) is None


async def test_without_a_daemon_there_are_no_symbols_and_no_error(
    root: Path, daemon: ScriptedDaemon, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("tercet_lsp.editor.LOOK_DEADLINE_S", 0.01)
    session = Session(root, daemon, NESTS)
    assert await session.document_symbols() == []
    assert await session.ask("workspace/symbol", query="t") == []
    place = {"textDocument": {"uri": session.uri}, "position": {"line": 1, "character": 9}}
    assert await session.ask("textDocument/hover", **place) is None
    elsewhere = {"uri": "file:///elsewhere/x.py"}
    assert await session.ask("textDocument/documentSymbol", textDocument=elsewhere) == []
    await session.wire.server.close()


def test_a_name_outside_of_its_definition_is_shown_at_its_start():
    stray = symbol("a", "function", (0, 0), line_range(3, 0, 1))
    (shown,) = outline([stray], Text(TEXT), "utf-16")
    assert shown.selection_range.start == shown.range.start

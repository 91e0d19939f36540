"""An editor for tests: real buffers behind pytest-lsp's client, which edits, saves and applies edits as editors do."""

import asyncio
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from lsprotocol import types
from pytest_lsp import LanguageClient
from pytest_lsp.client import client_capabilities, make_test_lsp_client

SERVER = [str(Path(sys.executable).with_name("tercet-lsp"))]
WAIT_S = 100.0


@dataclass
class Buffer:
    """An open document, as the editor has it."""

    text: str
    version: int = 1


def vs_code() -> types.ClientCapabilities:
    """VS Code's, with what newer versions added: pulled diagnostics."""
    capabilities = client_capabilities("visual-studio-code")
    assert capabilities.text_document is not None
    assert capabilities.workspace is not None
    capabilities.text_document.diagnostic = types.DiagnosticClientCapabilities(related_document_support=False)
    capabilities.workspace.diagnostics = types.DiagnosticWorkspaceClientCapabilities(refresh_support=True)
    return capabilities


def neovim() -> types.ClientCapabilities:
    return client_capabilities("neovim@v0.7.0")


@dataclass
class Editor:
    """One editor with one server process. `hold_edits` is called before an edit is applied."""

    client: LanguageClient
    buffers: dict[str, Buffer] = field(default_factory=dict)
    applied: list[types.ApplyWorkspaceEditParams] = field(default_factory=list)
    questions: list[types.ShowMessageRequestParams] = field(default_factory=list)
    answer: str | None = None
    hold_edits: Callable[[], None] | None = None
    refuse_edits: str | None = None
    changed: asyncio.Event = field(default_factory=asyncio.Event)
    pulls: bool = False
    heard: list[tuple[str, Any]] = field(default_factory=list)
    """Notifications of the methods that the test listens to, as they came."""

    # -- its life -----------------------------------------------------------------------------------------------------

    @classmethod
    async def start(
        cls,
        root: Path,
        capabilities: types.ClientCapabilities,
        options: object = None,
        answer: str | None = None,
        encodings: Sequence[str] | None = None,
        command: Sequence[str] = SERVER,
        on_notification: Sequence[str] = (),
    ) -> "Editor":
        editor = cls(make_test_lsp_client(), answer=answer)
        editor._listen()
        for method in on_notification:
            editor._hear(method)
        await editor.client.start_io(*command)
        if encodings is not None:
            general = capabilities.general or types.GeneralClientCapabilities()
            general.position_encodings = list(encodings)
            capabilities.general = general
        diagnostic = capabilities.text_document and capabilities.text_document.diagnostic
        editor.pulls = diagnostic is not None
        await editor.client.initialize_session(
            types.InitializeParams(
                capabilities=capabilities,
                root_uri=root.as_uri(),
                workspace_folders=[types.WorkspaceFolder(uri=root.as_uri(), name=root.name)],
                initialization_options=options,
            )
        )
        return editor

    async def stop(self) -> None:
        process = self.client._server
        if process is not None and process.returncode is None:
            await self.client.shutdown_session()
        await self.client.stop()

    @property
    def process(self) -> asyncio.subprocess.Process:
        assert self.client._server is not None
        return self.client._server

    # -- what a user does ---------------------------------------------------------------------------------------------

    def open(self, path: Path) -> str:
        uri, text = path.as_uri(), path.read_bytes().decode()
        self.buffers[uri] = Buffer(text)
        document = types.TextDocumentItem(uri=uri, language_id="python", version=1, text=text)
        self.client.text_document_did_open(types.DidOpenTextDocumentParams(text_document=document))
        return uri

    def close(self, uri: str) -> None:
        del self.buffers[uri]
        self.client.text_document_did_close(
            types.DidCloseTextDocumentParams(text_document=types.TextDocumentIdentifier(uri=uri))
        )

    def type(self, uri: str, line: int, character: int, text: str, until: tuple[int, int] | None = None) -> None:
        """Replaces a range by `text`, telling the server just that."""
        end = until or (line, character)
        change = types.TextEdit(types.Range(types.Position(line, character), types.Position(*end)), text)
        self._edit(uri, [change])

    def save(self, uri: str) -> None:
        Path(uri.removeprefix("file://")).write_bytes(self.buffers[uri].text.encode())
        self.client.text_document_did_save(
            types.DidSaveTextDocumentParams(text_document=types.TextDocumentIdentifier(uri=uri))
        )

    async def run(self, command: str, *arguments: object) -> Any:
        params = types.ExecuteCommandParams(command=command, arguments=list(arguments))
        return await asyncio.wait_for(self.client.workspace_execute_command_async(params), WAIT_S)

    async def actions(self, uri: str, diagnostic: types.Diagnostic) -> list[types.CodeAction]:
        found = await self.client.text_document_code_action_async(
            types.CodeActionParams(
                text_document=types.TextDocumentIdentifier(uri=uri),
                range=diagnostic.range,
                context=types.CodeActionContext(diagnostics=[diagnostic]),
            )
        )
        return [each for each in found or [] if isinstance(each, types.CodeAction)]

    async def pick(self, uri: str, diagnostic: types.Diagnostic, title: str) -> Any:
        """Chooses the code action whose title begins so, and does what it says."""
        actions = await self.actions(uri, diagnostic)
        action = next((each for each in actions if each.title.startswith(title)), None)
        assert action is not None, [each.title for each in actions]
        assert action.command is not None
        return await self.run(action.command.command, *(action.command.arguments or []))

    async def hover(self, uri: str, position: types.Position) -> str:
        answer = await self.client.text_document_hover_async(
            types.HoverParams(text_document=types.TextDocumentIdentifier(uri=uri), position=position)
        )
        assert answer is not None
        assert isinstance(answer.contents, types.MarkupContent)
        return answer.contents.value

    # -- what a user sees ---------------------------------------------------------------------------------------------

    async def diagnostics(self, uri: str) -> list[types.Diagnostic]:
        if not self.pulls or uri not in self.buffers:
            return list(self.client.diagnostics.get(uri, []))
        params = types.DocumentDiagnosticParams(text_document=types.TextDocumentIdentifier(uri=uri))
        report = await self.client.text_document_diagnostic_async(params)
        assert isinstance(report, types.RelatedFullDocumentDiagnosticReport)
        return list(report.items)

    async def sees(
        self, uri: str, wanted: Callable[[types.Diagnostic], bool], wait_s: float = WAIT_S
    ) -> types.Diagnostic:
        """Waits until such a diagnostic is shown."""
        seen: list[types.Diagnostic] = []

        async def look() -> types.Diagnostic | None:
            seen[:] = await self.diagnostics(uri)
            return next((each for each in seen if wanted(each)), None)

        found = await self.until(look, wait_s, lambda: f"shown: {seen}; said: {self.messages}")
        assert found is not None
        return found

    async def until(
        self,
        condition: Callable[[], Any],
        wait_s: float = WAIT_S,
        otherwise: Callable[[], str] = lambda: "",
    ) -> Any:
        """Waits, woken by every message of the server, until the condition (awaitable or not) is true."""
        deadline = asyncio.get_running_loop().time() + wait_s
        while True:
            self.changed.clear()
            result = condition()
            if asyncio.iscoroutine(result):
                result = await result
            if result:
                return result
            left = deadline - asyncio.get_running_loop().time()
            assert left > 0, f"waited {wait_s} s in vain; {otherwise() or self.messages}"
            try:
                await asyncio.wait_for(self.changed.wait(), min(left, 1.0))
            except TimeoutError:
                continue

    @property
    def messages(self) -> list[str]:
        return [each.message for each in self.client.messages]

    def progress_kinds(self) -> dict[str, list[str]]:
        return {
            str(token): [report.kind for report in reports] for token, reports in self.client.progress_reports.items()
        }

    # -- parts --------------------------------------------------------------------------------------------------------

    def _listen(self) -> None:
        client = self.client
        converter = client.protocol._converter
        converter.register_structure_hook(  # lsprotocol's own takes a code action with a command for a mere command
            types.Command | types.CodeAction, lambda action, _: converter.structure(action, types.CodeAction)
        )

        @client.feature(types.WORKSPACE_APPLY_EDIT)
        def apply(params: types.ApplyWorkspaceEditParams) -> types.ApplyWorkspaceEditResult:
            return self._apply(params)

        @client.feature(types.WINDOW_SHOW_MESSAGE_REQUEST)
        def ask(params: types.ShowMessageRequestParams) -> types.MessageActionItem | None:
            self.questions.append(params)
            self.changed.set()
            return None if self.answer is None else types.MessageActionItem(self.answer)

        for method in (
            types.TEXT_DOCUMENT_PUBLISH_DIAGNOSTICS,
            types.WORKSPACE_DIAGNOSTIC_REFRESH,
            types.PROGRESS,
            types.WINDOW_SHOW_MESSAGE,
            types.WINDOW_WORK_DONE_PROGRESS_CREATE,
        ):
            self._wake_by(method)

    def _hear(self, method: str) -> None:
        @self.client.feature(method)
        def noticed(params: Any) -> None:
            self.heard.append((method, params))
            self.changed.set()

    def _wake_by(self, method: str) -> None:
        """Also does what pytest-lsp does with the message."""
        features = self.client.protocol.fm.features
        usual = features[method]

        def noticed(params: Any) -> Any:
            result = usual(params)
            self.changed.set()
            return result

        features[method] = noticed

    def _apply(self, params: types.ApplyWorkspaceEditParams) -> types.ApplyWorkspaceEditResult:
        if self.hold_edits is not None:
            self.hold_edits()
        if self.refuse_edits is not None:
            return types.ApplyWorkspaceEditResult(applied=False, failure_reason=self.refuse_edits)
        for change in params.edit.document_changes or []:
            if isinstance(change, types.TextDocumentEdit):
                identifier = change.text_document
                buffer = self.buffers.get(identifier.uri)
                if buffer and identifier.version is not None and identifier.version != buffer.version:
                    return types.ApplyWorkspaceEditResult(applied=False, failure_reason="the buffer is newer")
        for change in params.edit.document_changes or []:
            self._carry_out(change)
        for uri, edits in (params.edit.changes or {}).items():
            self._edit(uri, edits)
        self.applied.append(params)
        return types.ApplyWorkspaceEditResult(applied=True)

    def _carry_out(self, change: object) -> None:
        if isinstance(change, types.CreateFile):
            Path(change.uri.removeprefix("file://")).touch()
        elif isinstance(change, types.DeleteFile):
            Path(change.uri.removeprefix("file://")).unlink()
            self.buffers.pop(change.uri, None)
        elif isinstance(change, types.TextDocumentEdit):
            uri = change.text_document.uri
            if uri not in self.buffers:
                self.open(Path(uri.removeprefix("file://")))
            self._edit(uri, [each for each in change.edits if isinstance(each, types.TextEdit)])

    def _edit(self, uri: str, edits: Sequence[types.TextEdit]) -> None:
        """Applies edits (last first, as positions are those before) and tells the server of each."""
        buffer = self.buffers[uri]
        ordered = sorted(edits, key=lambda each: (each.range.start.line, each.range.start.character), reverse=True)
        for edit in ordered:
            start, end = (_offset(buffer.text, position) for position in (edit.range.start, edit.range.end))
            buffer.text = buffer.text[:start] + edit.new_text + buffer.text[end:]
        buffer.version += 1
        self.client.text_document_did_change(
            types.DidChangeTextDocumentParams(
                text_document=types.VersionedTextDocumentIdentifier(uri=uri, version=buffer.version),
                content_changes=[
                    types.TextDocumentContentChangePartial(range=each.range, text=each.new_text) for each in ordered
                ],
            )
        )


def _offset(text: str, position: types.Position) -> int:
    """The index of a position in UTF-16 code units; test projects end their lines by "\\n"."""
    lines = text.split("\n")
    line = lines[position.line]
    character = len(line.encode("utf-16-le")[: position.character * 2].decode("utf-16-le"))
    return sum(len(each) + 1 for each in lines[: position.line]) + character

"""The language server object as the features see it: one editor, its abilities, its documents, and the session.

Sends what features hand it, with deadlines; decides nothing about what to send.
"""

import asyncio
import logging
import secrets
import stat
import tempfile
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any, TypeVar

from lsprotocol import types
from pygls.exceptions import JsonRpcException
from pygls.lsp.server import LanguageServer
from pygls.protocol import default_converter
from tercet_shared.errors import InvalidRequest, TercetError

from tercet_lsp.convert import uris
from tercet_lsp.convert.arguments import Arguments, Command
from tercet_lsp.convert.arguments import read as read_arguments
from tercet_lsp.convert.capabilities import Capabilities
from tercet_lsp.convert.texts import Text
from tercet_lsp.documents import Document, Documents
from tercet_lsp.protocol import Protocol
from tercet_lsp.session.folders import Folder, Place
from tercet_lsp.session.session import Session
from tercet_lsp.settings import Settings

if TYPE_CHECKING:
    from tercet_lsp.session.daemon import Daemon

REPLY_DEADLINE_S = 30.0
"""How long the editor may take for an answer that no person has to give."""

LOOK_DEADLINE_S = 5.0
"""How long an answer that only shows something may take: the editor asks again after the next edit."""

logger = logging.getLogger(__name__)

_Answer = TypeVar("_Answer")
CommandHandler = Callable[["Editor", Arguments], Awaitable[object]]


class Editor(LanguageServer):
    """One connection to one editor."""

    protocol: Protocol

    def __init__(self, version: str) -> None:
        super().__init__("tercet", version, protocol_cls=Protocol, converter_factory=default_converter)
        self.session = Session()
        self.settings = Settings()
        self.abilities = Capabilities()
        self._papers = _Papers()
        self.on_ready: list[Callable[[], None]] = []
        """Called once the editor has taken the answer to `initialize`."""
        self.on_closed: list[Callable[[], None]] = []
        self.unsettled: set[asyncio.Future[Any]] = set()
        """Changes that the editor said it made, and has not told of yet."""
        self.on_edited: list[Callable[[Place], None]] = []
        """Called with every document of the session that was opened or edited."""

    # -- documents --------------------------------------------------------------------------------------------------

    @property
    def documents(self) -> Documents:
        return self.protocol.documents()

    def locate(self, uri: str) -> Place | None:
        """Where in the session's folders a URI is; None for everything that is none of ours."""
        path = uris.to_path(uri)
        return None if path is None else self.session.folders.locate(path)

    def document_at(self, place: Place) -> Document | None:
        """The open document of a file."""
        return self.documents.at(place.folder.path / place.path)

    def uri_of(self, place: Place) -> str:
        """The URI as the editor writes it, if the file is open; else in the manner of its folder."""
        document = self.document_at(place)
        return document.uri if document else uris.below(place.folder.uri, place.path)

    async def text_at(self, place: Place) -> Text | None:
        """The text that the user sees: the open document's, else the file's; None if there is neither."""
        document = self.document_at(place)
        if document is not None:
            return document.text
        return await asyncio.to_thread(_read, Path(place.folder.path / place.path), self.settings.documents_max_bytes)

    def edited(self, place: Place) -> None:
        for listener in self.on_edited:
            listener(place)

    async def look(self, question: Callable[["Daemon"], Awaitable[_Answer]]) -> _Answer | None:
        """The daemon's answer about the texts as the user sees them; None if there is none in time or it is an error.

        For what only shows something: nobody who looks wants to see an error.
        """

        async def asked(daemon: "Daemon") -> _Answer:
            await self.session.overlays.flush()
            return await question(daemon)

        try:
            async with asyncio.timeout(LOOK_DEADLINE_S):
                return await self.session.ask(asked)
        except (TercetError, TimeoutError) as error:
            logger.info("no answer: %s", error)
            return None

    # -- commands and messages ----------------------------------------------------------------------------------------

    def add_command(self, command: Command, handler: CommandHandler, *accepted: str) -> None:
        """Registers a command that accepts these fields of `Arguments`."""

        async def run(ls: Editor, *given: object) -> object:
            return await handler(ls, read_arguments(command, given, frozenset(accepted)))

        self.command(command.value)(run)

    def add_request(self, method: str, handler: Callable[["Editor", Any], Awaitable[object]]) -> None:
        """Registers a method of our own (`tercet/…`); its handler is given the parameters as they came."""

        async def asked(ls: Editor, params: Any) -> object:
            return await handler(ls, params)

        self.feature(method)(asked)
        self.protocol.own_requests |= {method}

    def only_folder(self, arguments: Arguments) -> Folder:
        """The folder that a command is about: that of its `uri`, or the only one. Raises InvalidRequest."""
        folders = list(self.session.folders)
        if arguments.uri is not None:
            place = self.locate(arguments.uri)
            named = place.folder if place else next((each for each in folders if each.uri == arguments.uri), None)
            if named is None:
                raise InvalidRequest(f"{arguments.uri} is in none of the open folders. Open its folder first.")
            return named
        if len(folders) != 1:
            raise InvalidRequest(
                "No folder is open. Open the project's folder first."
                if not folders
                else 'Several folders are open: say which with `{"uri": …}`.'
            )
        return folders[0]

    def show(self, message: str, kind: types.MessageType = types.MessageType.Info) -> None:
        self.window_show_message(types.ShowMessageParams(type=kind, message=message))

    async def present(self, text: str, gist: str, virtual_uri: str | None = None) -> None:
        """Opens a document to read where the editor can; else says the gist in a message.

        `virtual_uri` is for an editor that fetches such documents; its suffix says what kind of text it is (Markdown).
        """
        if not self.abilities.shows_documents:
            self.show(gist)
            return
        uri = virtual_uri if self.abilities.reads_virtual else None
        if uri is None:
            suffix = PurePosixPath(virtual_uri or ".md").suffix or ".md"
            uri = uris.from_path(await asyncio.to_thread(self._papers.add, text, suffix))
        await self.reply(self.window_show_document_async(types.ShowDocumentParams(uri=uri, take_focus=True)))

    async def close(self) -> None:
        """Ends the session and leaves nothing behind."""
        for listener in self.on_closed:
            listener()
        await self.session.close()
        await asyncio.to_thread(self._papers.remove)

    async def choose(self, question: str, actions: Sequence[str]) -> str | None:
        """What the user picks; waits for as long as the user takes."""
        answer = await self.window_show_message_request_async(
            types.ShowMessageRequestParams(
                type=types.MessageType.Info,
                message=question,
                actions=[types.MessageActionItem(title) for title in actions],
            )
        )
        return None if answer is None else answer.title

    async def reply(self, request: Awaitable[_Answer]) -> _Answer:
        """The editor's answer. Raises TimeoutError when there is none in time."""
        async with asyncio.timeout(REPLY_DEADLINE_S):
            return await request

    def in_background(self, work: Awaitable[object]) -> None:
        """Does work that nobody waits for; an error is told to the user."""

        async def told() -> None:
            try:
                await work
            except TercetError as error:
                self.show(error.sentence, types.MessageType.Error)

        self.session.spawn(told())

    def report_server_error(self, error: Exception, source: object) -> None:
        """Faults are logged; a pop-up for every malformed message would help nobody. What is no JSON is answered so."""
        if isinstance(error, ValueError) and source is JsonRpcException:  # where a message is read
            self.protocol.refuse_unreadable(error)
        logger.error("%s: %s", getattr(source, "__name__", source), error)


class _Papers:
    """Documents written for reading once: a private temporary folder, made when first needed."""

    def __init__(self) -> None:
        self._folder: tempfile.TemporaryDirectory[str] | None = None

    def add(self, text: str, suffix: str) -> Path:
        if self._folder is None:
            self._folder = tempfile.TemporaryDirectory(prefix="tercet-", ignore_cleanup_errors=True)
        path = Path(self._folder.name) / f"tercet-{secrets.token_hex(4)}{suffix}"
        path.write_text(text, "utf-8")
        path.chmod(stat.S_IREAD)  # an edit of it would lead nowhere
        return path

    def remove(self) -> None:
        if self._folder is not None:
            self._folder.cleanup()


def _read(path: Path, max_bytes: int) -> Text | None:
    """A file's text as an editor would show it: its byte-order mark removed, its declared encoding heeded."""
    import tokenize  # noqa: PLC0415  # only when a closed file is looked at

    try:
        with path.open("rb") as file:
            encoding, _ = tokenize.detect_encoding(file.readline)
            file.seek(0)
            content = file.read(max_bytes + 1)
        return Text(content.decode(encoding)) if len(content) <= max_bytes else None
    except (OSError, SyntaxError, UnicodeError, LookupError):
        return None

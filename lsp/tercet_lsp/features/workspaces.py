"""The editor's folders as the daemon's workspaces, and the question whether to trust them: asked once, by the editor's user."""

from lsprotocol import types
from tercet_shared.errors import TercetError

from tercet_lsp.convert import uris
from tercet_lsp.convert.arguments import Arguments, Command
from tercet_lsp.editor import Editor
from tercet_lsp.session.folders import Folder

TRUST = "Trust"
NOT_NOW = "Not now"


def register(ls: Editor) -> None:
    ls.feature(types.WORKSPACE_DID_CHANGE_WORKSPACE_FOLDERS)(folders_changed)
    ls.add_command(Command.TRUST, trust, "uri", "trusted")
    asked: set[str] = set()

    def ask_once(folder: Folder, workspace: object) -> None:
        unknown = getattr(workspace, "trust", None) == "unknown"
        if unknown and folder.uri not in asked:
            asked.add(folder.uri)
            ls.in_background(_ask(ls, folder))

    ls.session.on_registered.append(ask_once)


def adopt(ls: Editor, params: types.InitializeParams) -> list[str]:
    """Takes over the folders that `initialize` names: workspace folders, or the one root of older editors.

    A sentence about each that is none on this machine.
    """
    folders = [(each.uri, each.name) for each in params.workspace_folders or []]
    if not folders and params.root_uri:
        folders = [(params.root_uri, "")]
    elif not folders and params.root_path:
        folders = [(uris.from_path(uris.path_of(params.root_path)), "")]
    return [_remote(uri) for uri, name in folders if _add(ls, uri, name) is None]


def folders_changed(ls: Editor, params: types.DidChangeWorkspaceFoldersParams) -> None:
    for removed in params.event.removed:
        _remove(ls, removed.uri)
    for added in params.event.added:
        if (folder := _add(ls, added.uri, added.name)) is not None:
            ls.in_background(ls.session.register(folder))
        else:
            ls.session.tell(_remote(added.uri))


async def trust(ls: Editor, arguments: Arguments) -> object:
    """`tercet.trust`: trusts the workspace (or no longer: `trusted: false`)."""
    folder = ls.only_folder(arguments)
    await _set_trust(ls, folder, arguments.trusted)
    return {"trust": "trusted" if arguments.trusted else "untrusted"}


def _add(ls: Editor, uri: str, name: str) -> Folder | None:
    path = uris.to_path(uri)
    if path is None:
        return None
    folder = Folder(uri=uri, path=path, name=name or path.name)
    ls.session.folders.add(folder)
    return folder


def _remote(uri: str) -> str:
    return f"{uri} is no folder of this machine's file system, so Tercet leaves it alone. Run tercet-lsp where the folder is."


def _remove(ls: Editor, uri: str) -> None:
    folder = next((each for each in ls.session.folders if each.uri == uri), None)
    if folder is None:
        return
    workspace = ls.session.folders.workspace(folder)
    if workspace is not None:
        ls.session.mirror.forget(workspace.id)
    ls.session.release(folder)


async def _ask(ls: Editor, folder: Folder) -> None:
    question = (
        f"Tercet proves its changes by running the tests of “{folder.name}” on this machine. "
        "Do you trust the authors of this folder?"
    )
    if await ls.choose(question, [TRUST, NOT_NOW]) == TRUST:
        await _set_trust(ls, folder, trusted=True)


async def _set_trust(ls: Editor, folder: Folder, trusted: bool) -> None:
    workspace = ls.session.workspace(folder)
    try:
        ls.session.folders.registered(
            folder, await ls.session.ask(lambda daemon: daemon.set_trust(workspace.id, trusted))
        )
    except TercetError as error:
        ls.show(error.sentence, types.MessageType.Error)
        raise

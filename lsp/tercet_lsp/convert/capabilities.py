"""What an editor can do, read once from what it says in `initialize`."""

from collections.abc import Mapping
from dataclasses import dataclass

from lsprotocol import types


@dataclass(frozen=True)
class Capabilities:
    """The abilities that make a difference to this server."""

    pulls_diagnostics: bool = False
    """It asks for diagnostics, and can be told to ask again (without that, pulled ones would grow old unseen)."""
    shows_related: bool = False
    shows_progress: bool = False
    resolves_edits: bool = False
    """It fetches a code action's edit when the user picks it."""
    applies_edits: bool = False
    document_changes: bool = False
    """It checks document versions before it edits."""
    creates_files: bool = False
    deletes_files: bool = False
    shows_documents: bool = False
    hover_markdown: bool = False
    nests_symbols: bool = False
    shows_disabled: bool = False
    """It shows a code action that cannot be picked, with the reason."""
    refreshes_lenses: bool = False
    refreshes_hints: bool = False
    has_configuration: bool = False
    """It can be asked for its settings."""
    registers_configuration: bool = False
    """It tells when they change, if asked to."""
    reads_virtual: bool = False
    """It fetches the text of a document that is in no file (LSP 3.18)."""
    follows_events: bool = False
    """It shows runs and proposals in views of its own and wants our own notifications."""


def capabilities_of(client: types.ClientCapabilities) -> Capabilities:
    """Absent means unable, at every level."""
    window = client.window or types.WindowClientCapabilities()
    return Capabilities(
        shows_progress=bool(window.work_done_progress),
        shows_documents=bool(window.show_document and window.show_document.support),
        follows_events=_follows_events(client.experimental),
        **_of_documents(client.text_document or types.TextDocumentClientCapabilities(), client),
        **_of_edits(client.workspace or types.WorkspaceClientCapabilities()),
    )


def _follows_events(experimental: object) -> bool:
    """`{"tercet": {"events": true}}`."""
    ours = experimental.get("tercet") if isinstance(experimental, Mapping) else None
    return isinstance(ours, Mapping) and ours.get("events") is True


def _of_documents(documents: types.TextDocumentClientCapabilities, client: types.ClientCapabilities) -> dict[str, bool]:
    refresh = client.workspace.diagnostics if client.workspace else None
    publish = documents.publish_diagnostics
    resolve = documents.code_action.resolve_support if documents.code_action else None
    formats = documents.hover.content_format if documents.hover else None
    return {
        "pulls_diagnostics": bool(documents.diagnostic and refresh and refresh.refresh_support),
        "shows_related": bool(publish and publish.related_information),
        "resolves_edits": bool(resolve and "edit" in resolve.properties),
        "shows_disabled": bool(documents.code_action and documents.code_action.disabled_support),
        "nests_symbols": bool(
            documents.document_symbol and documents.document_symbol.hierarchical_document_symbol_support
        ),
        "hover_markdown": types.MarkupKind.Markdown in (formats or ()),
    }


def _of_edits(workspace: types.WorkspaceClientCapabilities) -> dict[str, bool]:
    edit = workspace.workspace_edit or types.WorkspaceEditClientCapabilities()
    operations = edit.resource_operations or ()
    return {
        "applies_edits": bool(workspace.apply_edit),
        "document_changes": bool(edit.document_changes or operations),  # operations exist in document changes alone
        "creates_files": types.ResourceOperationKind.Create in operations,
        "deletes_files": types.ResourceOperationKind.Delete in operations,
        "has_configuration": bool(workspace.configuration),
        "registers_configuration": bool(
            workspace.did_change_configuration and workspace.did_change_configuration.dynamic_registration
        ),
        "refreshes_lenses": bool(workspace.code_lens and workspace.code_lens.refresh_support),
        "refreshes_hints": bool(workspace.inlay_hint and workspace.inlay_hint.refresh_support),
        "reads_virtual": workspace.text_document_content is not None,
    }

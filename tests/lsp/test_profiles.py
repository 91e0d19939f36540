"""As VS Code, Neovim, Emacs and a client that can nothing: whatever is advertised is answered, in the protocol's own types."""

import asyncio
from typing import Any

import pytest
from lsprotocol import converters, types
from pytest_lsp.client import client_capabilities
from tercet_lsp import editor
from tercet_shared.findings import Source

from tests.lsp.test_features import FIX, URI, Shown, finding, proposal, span

CONVERTER = converters.get_converter()
PROFILES = {
    "minimal": types.ClientCapabilities(),
    "vs-code": client_capabilities("visual-studio-code"),
    "neovim": client_capabilities("neovim@v0.7.0"),
    "emacs": client_capabilities("emacs@v29.1"),
}

ALL = {"navigation": {"enabled": True}, "inlayHints": {"failures": True}}
"""The options that what is off by default needs."""

HERE = {"textDocument": {"uri": URI}, "position": {"line": 2, "character": 14}}
EVERYWHERE = {"start": {"line": 0, "character": 0}, "end": {"line": 9, "character": 0}}
REQUESTS: dict[str, tuple[str, dict[str, Any]]] = {
    "hover_provider": ("textDocument/hover", HERE),
    "code_action_provider": (
        "textDocument/codeAction",
        {"textDocument": {"uri": URI}, "range": EVERYWHERE, "context": {"diagnostics": []}},
    ),
    "code_lens_provider": ("textDocument/codeLens", {"textDocument": {"uri": URI}}),
    "diagnostic_provider": ("textDocument/diagnostic", {"textDocument": {"uri": URI}}),
    "document_symbol_provider": ("textDocument/documentSymbol", {"textDocument": {"uri": URI}}),
    "workspace_symbol_provider": ("workspace/symbol", {"query": "shop"}),
    "definition_provider": ("textDocument/definition", HERE),
    "references_provider": ("textDocument/references", {**HERE, "context": {"includeDeclaration": True}}),
    "call_hierarchy_provider": ("textDocument/prepareCallHierarchy", HERE),
    "inlay_hint_provider": ("textDocument/inlayHint", {"textDocument": {"uri": URI}, "range": EVERYWHERE}),
    "execute_command_provider": ("workspace/executeCommand", {"command": "tercet.cancel"}),
}
"""One request of each kind that may be advertised."""

ASKED_OF_THE_DAEMON = {
    "document_symbol_provider",
    "workspace_symbol_provider",
    "definition_provider",
    "references_provider",
    "call_hierarchy_provider",
}

NO_REQUESTS = {"position_encoding", "text_document_sync", "workspace", "experimental"}


@pytest.mark.parametrize("profile", PROFILES)
@pytest.mark.parametrize("options", [{}, ALL], ids=["by default", "everything on"])
async def test_everything_that_is_advertised_is_answered(
    profile: str, options: dict[str, Any], monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(editor, "LOOK_DEADLINE_S", 0.05)  # there is no daemon to ask
    shown = Shown(CONVERTER.unstructure(PROFILES[profile]), **options)
    shown.found(finding("y", span(2, 13, 14), **FIX), finding("z", span(1, 0, 5), Source.TESTS))
    shown.session.mirror.put_proposal(proposal(span(2, 13, 14)))
    capabilities = shown.wire.server.protocol.server_capabilities
    advertised = {field.name for field in capabilities.__attrs_attrs__ if getattr(capabilities, field.name)}
    for provider in advertised - NO_REQUESTS:
        method, params = REQUESTS[provider]
        answer = await answered(shown, method, params)
        if provider == "execute_command_provider":
            continue  # without a daemon an error, which is a proper one
        CONVERTER.structure(answer, types.METHOD_TO_TYPES[method][1])
        if provider not in ASKED_OF_THE_DAEMON:
            assert answer["result"], method


async def answered(shown: Shown, method: str, params: dict[str, Any]) -> Any:
    before = len(shown.wire.sent)
    shown.wire.say(id="profile", method=method, params=params)
    async with asyncio.timeout(30):
        while not (found := [each for each in shown.wire.sent[before:] if each.get("id") == "profile"]):
            await asyncio.sleep(0.01)
            if method == "workspace/executeCommand":
                return None
    return found[0]


@pytest.mark.parametrize("profile", PROFILES)
async def test_a_quick_fix_has_its_edit_where_the_editor_cannot_fetch_it(profile: str):
    shown = Shown(CONVERTER.unstructure(PROFILES[profile]))
    shown.found(finding("y", span(2, 13, 14), **FIX))
    fix = shown.actions(2)[0]
    assert ("edit" in fix) is (not shown.wire.server.abilities.resolves_edits)
    resolved = shown.wire.ask("codeAction/resolve", **fix)
    assert CONVERTER.structure(resolved, types.CodeAction).edit is not None

"""The editor's settings: asked for once it is ready, and again whenever they change. What cannot be used is said and left.

They are laid over `initializationOptions`, so that a setting that is taken back falls back to those. Trust is not among them:
settings may stand in the folder itself (`.vscode/settings.json`), and a folder must not say that it is trusted.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from lsprotocol import types
from pygls.exceptions import JsonRpcException

from tercet_lsp import settings as options
from tercet_lsp.editor import Editor

SECTION = "tercet"

logger = logging.getLogger(__name__)


def register(ls: Editor) -> None:
    initial = ls.settings

    async def changed(ls: Editor, params: types.DidChangeConfigurationParams) -> None:
        pushed = params.settings.get(SECTION) if isinstance(params.settings, Mapping) else None
        _use(ls, initial, await _pulled(ls) if ls.abilities.has_configuration else pushed)

    async def ready() -> None:
        if ls.abilities.registers_configuration:
            await _register_for_changes(ls)
        if ls.abilities.has_configuration:
            _use(ls, initial, await _pulled(ls))

    ls.feature(types.WORKSPACE_DID_CHANGE_CONFIGURATION)(changed)
    ls.on_ready.append(lambda: ls.in_background(ready()))


async def _pulled(ls: Editor) -> Any:
    item = types.ConfigurationItem(section=SECTION)
    try:
        (found,) = await ls.reply(ls.workspace_configuration_async(types.ConfigurationParams([item])))
    except (TimeoutError, JsonRpcException, ValueError) as error:
        logger.warning("the editor did not tell its settings: %s", error)
        return None
    return found


async def _register_for_changes(ls: Editor) -> None:
    registration = types.Registration(
        id="tercet-configuration",
        method=types.WORKSPACE_DID_CHANGE_CONFIGURATION,
        register_options=types.DidChangeConfigurationRegistrationOptions(section=SECTION),
    )
    try:
        await ls.reply(ls.client_register_capability_async(types.RegistrationParams([registration])))
    except (TimeoutError, JsonRpcException) as error:
        logger.warning("the editor does not tell when its settings change: %s", error)


def _use(ls: Editor, initial: options.Settings, given: object) -> None:
    """Takes the settings over and shows everything anew if they differ. An extension has settings that are none of ours."""
    if not isinstance(given, Mapping):
        return
    settings, problems = options.read(given, onto=initial, knows_all=False)
    settings = replace(settings, trust=initial.trust)
    for problem in problems:
        ls.session.tell(problem)
    if settings == ls.settings:
        return
    before, ls.settings = ls.settings, settings
    ls.session.mirror.show_anew()
    ls.session.interpreter = settings.interpreter
    if before.interpreter != settings.interpreter:
        for folder in ls.session.folders:
            ls.in_background(ls.session.register(folder))

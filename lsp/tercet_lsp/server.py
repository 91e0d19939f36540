"""Builds the language server: registers the features and lets the session begin once the editor has its answer."""

import logging
from collections.abc import Awaitable, Callable

from lsprotocol import types

from tercet_lsp import parent
from tercet_lsp import settings as options
from tercet_lsp.convert.capabilities import capabilities_of
from tercet_lsp.editor import Editor
from tercet_lsp.features import (
    call_hierarchy,
    code_actions,
    code_lenses,
    comparison,
    configuration,
    diagnostics,
    hover,
    inlay_hints,
    log,
    navigation,
    progress,
    proposals,
    reports,
    runs,
    symbols,
    text_sync,
    views,
    workspaces,
)

FEATURES = (
    text_sync,
    workspaces,
    diagnostics,
    code_actions,
    code_lenses,
    hover,
    inlay_hints,
    symbols,
    navigation,
    call_hierarchy,
    runs,
    reports,
    progress,
    proposals,
    comparison,
    views,
    configuration,
    log,
)

logger = logging.getLogger(__name__)


def build(version: str, stop: Callable[[], None]) -> Editor:
    """A server that is ready for `initialize`; `stop` ends the process's work when the editor has died."""
    ls = Editor(version)
    problems: list[str] = []

    @ls.feature(types.INITIALIZE)
    def initialize(params: types.InitializeParams) -> None:
        ls.abilities = capabilities_of(params.capabilities)
        ls.settings, found = options.read(params.initialization_options)
        problems.extend(found)
        ls.session.trust, ls.session.interpreter = ls.settings.trust, ls.settings.interpreter
        for feature in FEATURES:
            feature.register(ls)
        problems.extend(workspaces.adopt(ls, params))
        if params.process_id is not None:
            ls.session.spawn(_stop_after(parent.death_of(params.process_id), stop))

    @ls.feature(types.INITIALIZED)
    async def initialized(params: types.InitializedParams) -> None:
        ls.session.on_problem.append(lambda sentence: ls.show(sentence, types.MessageType.Warning))
        for problem in problems:
            ls.session.tell(problem)
        for listener in ls.on_ready:
            listener()
        ls.session.start()

    return ls


async def _stop_after(death: Awaitable[None], stop: Callable[[], None]) -> None:
    await death
    logger.warning("the editor's process has ended")
    stop()

"""What the server logs, in the editor's own log (`window/logMessage`), at the level that its user asked for.

`$/setTrace` lowers the level for as long as it is on.
"""

from __future__ import annotations

import asyncio
import logging

from lsprotocol import types

from tercet_lsp.editor import Editor

OUR_LOGGER = logging.getLogger("tercet_lsp")

_TYPES = {
    logging.DEBUG: types.MessageType.Debug,
    logging.INFO: types.MessageType.Info,
    logging.WARNING: types.MessageType.Warning,
    logging.ERROR: types.MessageType.Error,
}
_TRACES = {types.TraceValue.Messages: logging.INFO, types.TraceValue.Verbose: logging.DEBUG}


def register(ls: Editor) -> None:
    handler = _ToEditor(ls)
    ls.on_ready.append(handler.begin)
    ls.on_closed.append(handler.end)

    @ls.feature(types.SET_TRACE)
    def traced(params: types.SetTraceParams) -> None:
        handler.trace = _TRACES.get(types.TraceValue(params.value))
        handler.adjust()


class _ToEditor(logging.Handler):
    """Records come from any thread and are sent from the event loop's."""

    def __init__(self, ls: Editor) -> None:
        super().__init__()
        self.trace: int | None = None
        self._ls = ls
        self._loop: asyncio.AbstractEventLoop | None = None

    def begin(self) -> None:
        self._loop = asyncio.get_running_loop()
        self.adjust()
        OUR_LOGGER.addHandler(self)

    def end(self) -> None:
        OUR_LOGGER.removeHandler(self)

    def adjust(self) -> None:
        """To the level of the settings, or of the trace if that wants more."""
        wanted = self._ls.settings.log_level
        self.setLevel(min(wanted, self.trace) if self.trace else wanted)
        if self.level < OUR_LOGGER.getEffectiveLevel():
            OUR_LOGGER.setLevel(self.level)

    def emit(self, record: logging.LogRecord) -> None:
        level = max((each for each in _TYPES if each <= record.levelno), default=logging.DEBUG)
        params = types.LogMessageParams(type=_TYPES[level], message=f"{record.name}: {record.getMessage()}")
        if self._loop is not None and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._ls.window_log_message, params)

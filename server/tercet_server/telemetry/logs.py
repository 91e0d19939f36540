"""The daemon's log: JSON lines in one file that rotates and never grows past its cap. Knows no request and no run.

The code logs with the standard library (`extra` makes fields). Records are rendered and written by a thread of their own, so
logging never blocks the event loop, and structlog, a quarter of the daemon's start, is loaded there too.
"""

import logging
import logging.handlers
import os
import queue
from collections.abc import Sequence
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from tercet_server.telemetry.redaction import Redaction

MAX_FILE_BYTES = 5 * 1024 * 1024
KEPT_FILES = 3
"""Older files beside the current one: daemon.log.1 ..."""

MAX_VALUE_CHARACTERS = 16_000
"""Of one text in a record: what failing code prints must not flood the log."""

QUIET = {
    "httpx": logging.WARNING,
    "httpcore": logging.WARNING,
    "asyncio": logging.WARNING,
    "uvicorn.access": logging.WARNING,
}
"""Libraries that would tell of every request."""


class LogFile:
    """Sends everything that the process logs to `path`. Use as a context manager; leaving it writes what is still queued."""

    def __init__(self, path: Path, level: str, secrets: Sequence[str] = ()) -> None:
        self._path = path
        self._level = level.upper()
        self._redaction = Redaction(secrets)
        self._queue: queue.SimpleQueue[Any] = queue.SimpleQueue()

    def __enter__(self) -> Self:
        file = _PrivateRotatingFile(self._path, maxBytes=MAX_FILE_BYTES, backupCount=KEPT_FILES, encoding="utf-8")
        self._listener = logging.handlers.QueueListener(self._queue, file)
        handler = _Hand(self._queue)
        file.setFormatter(_Renderer(self._redaction))
        root = logging.getLogger()
        root.handlers[:] = [handler]
        root.setLevel(self._level)
        for name, level in QUIET.items():
            logging.getLogger(name).setLevel(level)
        self._file = file
        self._listener.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        logging.getLogger().handlers.clear()
        self._listener.stop()
        self._file.close()


class _Hand(logging.handlers.QueueHandler):
    """Hands a record over as it is, with its message made while its arguments are what they are."""

    def prepare(self, record: logging.LogRecord) -> logging.LogRecord:
        record.msg, record.args = record.getMessage(), None
        return record


class _Renderer(logging.Formatter):
    """A JSON line of a record: its message, level, logger, time, `extra` fields and traceback."""

    def __init__(self, redaction: Redaction) -> None:
        super().__init__()
        self._redaction = redaction

    def format(self, record: logging.LogRecord) -> str:
        return self._structured.format(record)

    @cached_property
    def _structured(self) -> logging.Formatter:
        import structlog  # noqa: PLC0415  # in the writing thread, once there is something to write

        return structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[
                structlog.stdlib.add_log_level,
                structlog.stdlib.add_logger_name,
                structlog.stdlib.ExtraAdder(),
                _add_time,
            ],
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.processors.format_exc_info,
                _shorten,
                self._redaction,
                structlog.processors.JSONRenderer(ensure_ascii=False),
            ],
        )


class _PrivateRotatingFile(logging.handlers.RotatingFileHandler):
    """Readable by its owner alone, whatever the umask."""

    def _open(self) -> Any:
        os.close(os.open(self.baseFilename, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600))
        return super()._open()


def _add_time(logger: Any, method: str, record: Any) -> Any:
    """When it was logged, not when it is written."""
    record["at"] = datetime.fromtimestamp(record["_record"].created, UTC).isoformat(timespec="milliseconds")
    return record


def _shorten(logger: Any, method: str, record: Any) -> Any:
    return {key: _short(value) for key, value in record.items() if key != "color_message"}  # uvicorn's, for terminals


def _short(value: Any) -> Any:
    if isinstance(value, str) and len(value) > MAX_VALUE_CHARACTERS:
        return f"{value[:MAX_VALUE_CHARACTERS]}... ({len(value) - MAX_VALUE_CHARACTERS} characters more)"
    return value

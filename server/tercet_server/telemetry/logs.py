"""The daemon's log: JSON lines in one file that rotates and never grows past its cap. Knows no request and no run.

Logging never blocks the event loop: records are rendered where they arise and written by a thread of their own.
"""

import logging
import logging.handlers
import os
import queue
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import structlog

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
        handler = logging.handlers.QueueHandler(self._queue)
        handler.setFormatter(self._formatter())
        root = logging.getLogger()
        root.handlers[:] = [handler]
        root.setLevel(self._level)
        for name, level in QUIET.items():
            logging.getLogger(name).setLevel(level)
        _configure_structlog()
        self._file = file
        self._listener.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        logging.getLogger().handlers.clear()
        self._listener.stop()
        self._file.close()

    def _formatter(self) -> logging.Formatter:
        return structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=_pre_chain(),
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


def _configure_structlog() -> None:
    structlog.configure(
        processors=[*_pre_chain(), structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=False,
    )


def _pre_chain() -> list[Any]:
    return [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.PositionalArgumentsFormatter(),
        structlog.processors.TimeStamper(fmt="iso", utc=True, key="at"),
    ]


def _shorten(logger: Any, method: str, record: Any) -> Any:
    return {key: _short(value) for key, value in record.items()}


def _short(value: Any) -> Any:
    if isinstance(value, str) and len(value) > MAX_VALUE_CHARACTERS:
        return f"{value[:MAX_VALUE_CHARACTERS]}... ({len(value) - MAX_VALUE_CHARACTERS} characters more)"
    return value

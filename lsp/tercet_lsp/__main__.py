"""The `tercet-lsp` process: a language server on standard input and output. It ends with its input, or with its editor."""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import gc
import logging
import os
import signal
import sys
import threading
from collections.abc import Callable, Coroutine
from typing import TYPE_CHECKING, Any

from tercet_shared.discovery import installed_version

from tercet_lsp.stdio import PipeReader, PipeWriter

if TYPE_CHECKING:
    from tercet_lsp.editor import Editor

logger = logging.getLogger(__name__)

LAST_S = 10.0
"""What saying good-bye may take."""


def main() -> None:
    """Runs until the editor goes; the exit code is 0 after `shutdown` and `exit`, as the protocol demands."""
    gc.set_threshold(
        10_000
    )  # most of what is imported stays: looking for garbage in it so often costs 20 ms of the start
    version = installed_version()
    arguments = _arguments(version)
    logging.basicConfig(
        stream=sys.stderr, level=arguments.log_level.upper(), format="%(levelname)s %(name)s: %(message)s"
    )
    with contextlib.suppress(KeyboardInterrupt):
        sys.exit(asyncio.run(serve(version)))


async def serve(version: str) -> int:
    """Serves one editor; returns the exit code."""
    stop = _stopper()
    build, run_async = _imported()
    server = build(version, stop)
    gc.freeze()  # collections need not look at what was imported
    reader, writer = PipeReader(sys.stdin.fileno()), PipeWriter(sys.stdout.fileno())
    server.protocol.set_writer(writer)
    exit_code = 1
    try:
        await run_async(threading.Event(), reader.stream, server.protocol, error_handler=server.report_server_error)
    except SystemExit as exit_request:  # how pygls obeys `exit`
        exit_code = exit_request.code if isinstance(exit_request.code, int) else 1
    except asyncio.IncompleteReadError:
        logger.warning("the editor went away in the middle of a message")
    except asyncio.CancelledError:
        logger.info("stopped")
    finally:
        _end_in_time(exit_code)
        await server.close()
        await asyncio.to_thread(writer.flush)
    return exit_code


def _imported() -> tuple[Callable[[str, Callable[[], None]], Editor], Callable[..., Coroutine[Any, Any, None]]]:
    """The server and the loop that feeds it."""
    from pygls.io_ import run_async  # noqa: PLC0415  # imported once `main` has set the collector

    from tercet_lsp.server import build  # noqa: PLC0415  # the same

    return build, run_async


def _end_in_time(exit_code: int) -> None:
    """Whatever still waits, say for a file on a server that is gone, the process does not outlive its editor for long."""
    timer = threading.Timer(LAST_S, os._exit, (exit_code,))
    timer.daemon = True
    timer.start()


def _stopper() -> Callable[[], None]:
    """Ends `serve` as the end of its input does: for an editor that has died, and for SIGTERM."""
    serving = asyncio.current_task()
    assert serving is not None

    def stop() -> None:
        serving.cancel()

    with contextlib.suppress(NotImplementedError):  # Windows has no signals to speak of
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop)
    return stop


def _arguments(version: str) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="tercet-lsp", description="Tercet's language server (LSP over stdio).")
    parser.add_argument("--version", action="version", version=f"tercet-lsp {version}")
    parser.add_argument("--stdio", action="store_true", help="speak over standard input and output (always so)")
    parser.add_argument(
        "--log-level", choices=["debug", "info", "warning", "error"], default="warning", help="what to log to stderr"
    )
    return parser.parse_args()


if __name__ == "__main__":
    main()

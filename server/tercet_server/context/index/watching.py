"""Keeps an index up to date with its folder: what changes there is indexed anew a moment later, until somebody says stop."""

import asyncio
import logging
import threading
from collections.abc import Callable, Mapping
from pathlib import Path

from tercet_shared.errors import TercetError
from watchfiles import Change, awatch

from tercet_server.context.index.workspace_index import WorkspaceIndex
from tercet_server.files.selection import is_left_out

LOG = logging.getLogger(__name__)

_MANY = 200
"""Changes at once, from which on all files are looked at: it costs less, and misses nothing where the system dropped some."""

_DEBOUNCE_MS = 400
_LOOK_MS = 2_000
"""How often to see whether the folder is still there; a watch on a folder that was removed says nothing."""

_RETRY_S = 2.0
_IGNORE_FILES = (".gitignore", ".tercetignore")


async def watch(
    index: WorkspaceIndex,
    stop: asyncio.Event,
    *,
    texts: Callable[[], Mapping[str, str]] = dict,
    settled: Callable[[], None] = lambda: None,
) -> None:
    """Until `stop` is set or it is cancelled. `texts` gives what editors have unsaved, which wins over the files;
    `settled` is called after each round. What goes wrong is logged, and it goes on."""
    halt = threading.Event()
    there = True
    try:
        while not stop.is_set():
            if await asyncio.to_thread(index.root.is_dir):
                if not there:
                    LOG.info("the folder %s is back; it is indexed again.", index.root)
                    await _rescanned(index, halt, settled)
                await _watched(index, stop, halt, texts, settled)
            if not stop.is_set():
                there = False
                await _pause(stop)
    finally:
        halt.set()


async def _watched(
    index: WorkspaceIndex,
    stop: asyncio.Event,
    halt: threading.Event,
    texts: Callable[[], Mapping[str, str]],
    settled: Callable[[], None],
) -> None:
    """Until the folder is gone."""
    identity = await asyncio.to_thread(_identity, index.root)
    try:
        async for changes in awatch(
            index.root,
            watch_filter=lambda _, path: _matters(index.root, path),
            debounce=_DEBOUNCE_MS,
            rust_timeout=_LOOK_MS,
            yield_on_timeout=True,
            stop_event=stop,
            ignore_permission_denied=True,
        ):
            if identity is None or await asyncio.to_thread(_identity, index.root) != identity:
                LOG.warning("the folder %s is gone; its index stays as it was until it is back.", index.root)
                return
            if changes:
                await _taken(index, changes, halt, texts())
                settled()
    except (
        OSError,
        RuntimeError,
    ) as error:  # too many folders for the system's limit, or they went while they were added
        LOG.warning(
            "changes in %s cannot be followed (%s); all files are looked at from time to time.", index.root, error
        )
        await _rescanned(index, halt, settled)


async def _taken(
    index: WorkspaceIndex, changes: set[tuple[Change, str]], halt: threading.Event, texts: Mapping[str, str]
) -> None:
    try:
        paths = sorted({Path(path).relative_to(index.root).as_posix() for _, path in changes})
        if len(paths) > _MANY or await asyncio.to_thread(_needs_rescan, index, paths):
            await asyncio.to_thread(index.build, None, halt)
        else:
            await asyncio.to_thread(index.update, paths, {path: texts[path] for path in paths if path in texts})
    except TercetError as error:
        LOG.warning("the index of %s is behind: %s", index.root, error.sentence)


async def _rescanned(index: WorkspaceIndex, halt: threading.Event, settled: Callable[[], None]) -> None:
    try:
        await asyncio.to_thread(index.build, None, halt)
    except TercetError as error:
        LOG.warning("the index of %s is behind: %s", index.root, error.sentence)
    settled()


async def _pause(stop: asyncio.Event) -> None:
    try:
        async with asyncio.timeout(_RETRY_S):
            await stop.wait()
    except TimeoutError:
        pass


def _needs_rescan(index: WorkspaceIndex, paths: list[str]) -> bool:
    """For a folder that was moved or removed nothing is said of what is in it; an ignore file decides over other files."""
    snapshot = index.snapshot()
    return any(
        path.rpartition("/")[2] in _IGNORE_FILES or (index.root / path).is_dir() or snapshot.has_folder(path)
        for path in paths
    )


def _matters(root: Path, path: str) -> bool:
    try:
        return not is_left_out(Path(path).relative_to(root).as_posix())
    except ValueError:
        return False


def _identity(root: Path) -> tuple[int, int] | None:
    try:
        status = root.stat()
    except OSError:
        return None
    return status.st_dev, status.st_ino

"""Waits for the editor's process to end. A server whose editor was killed must not outlive it."""

import asyncio
import contextlib
import os
import sys
import threading
from collections.abc import Coroutine
from typing import Any

_LOOK_EVERY_S = 1.0


def death_of(process_id: int) -> Coroutine[Any, Any, None]:
    """Ends when the process has ended; never, if there is no such process here now (another host or namespace).

    Looks for the process at once, not when first awaited: it may be gone by then.
    """
    if sys.platform == "win32":
        return _windows_handle(process_id)
    if not hasattr(os, "pidfd_open"):
        return _signal_zero(process_id)
    try:
        return _pidfd(os.pidfd_open(process_id))
    except OSError:
        return _never()  # not visible from here: the end of standard input must do


async def _never() -> None:
    await asyncio.Event().wait()


async def _pidfd(descriptor: int) -> None:
    """Linux: a file descriptor that becomes readable when the process ends."""
    ended = asyncio.Event()
    loop = asyncio.get_running_loop()
    loop.add_reader(descriptor, ended.set)
    try:
        await ended.wait()
    finally:
        loop.remove_reader(descriptor)
        os.close(descriptor)


async def _signal_zero(process_id: int) -> None:
    """Other POSIX systems: signal 0 asks whether the process is there."""
    seen = False
    while True:
        try:
            os.kill(process_id, 0)
            seen = True
        except PermissionError:
            seen = True
        except OSError:
            if seen:
                return
        await asyncio.sleep(_LOOK_EVERY_S)


async def _windows_handle(process_id: int) -> None:
    """Windows: a handle that is signalled when the process ends, waited for in a thread that the end of ours ends."""
    ended = asyncio.Event()
    loop = asyncio.get_running_loop()

    def wait() -> None:
        import ctypes  # noqa: PLC0415  # needed on Windows alone

        kernel = ctypes.WinDLL("kernel32")  # type: ignore[attr-defined,unused-ignore]  # exists on Windows alone
        synchronize, forever = 0x00100000, 0xFFFFFFFF
        if handle := kernel.OpenProcess(synchronize, False, process_id):
            kernel.WaitForSingleObject(handle, forever)
            with contextlib.suppress(RuntimeError):
                loop.call_soon_threadsafe(ended.set)

    threading.Thread(target=wait, name="tercet-parent", daemon=True).start()
    await ended.wait()

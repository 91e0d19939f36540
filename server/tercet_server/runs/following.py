"""Follows one text while it is edited: what is quick at every edit, what takes longer once the text has been left alone."""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any

Work = Callable[[], Coroutine[Any, Any, None]]


class Following:
    """`quick` never runs twice at once, however fast edits come; `thorough` is cancelled by the next edit."""

    def __init__(self, quick: Work, thorough: Work, pause_s: float) -> None:
        """`pause_s`: how long no edit may come before `thorough` begins."""
        self._quick = quick
        self._thorough = thorough
        self._pause_s = pause_s
        self._edited = asyncio.Event()

    def edited(self) -> None:
        """The text is another one now."""
        self._edited.set()

    async def run(self) -> None:
        """Until both have come to their end for the newest text. Raises what they raise."""
        while True:
            self._edited.clear()
            await self._quick()
            if await self._undisturbed(asyncio.sleep(self._pause_s)) and await self._undisturbed(self._thorough()):
                return

    async def _undisturbed(self, work: Awaitable[None]) -> bool:
        """Whether `work` came to its end before the next edit, which cancels it."""
        working, edited = asyncio.ensure_future(work), asyncio.ensure_future(self._edited.wait())
        try:
            await asyncio.wait((working, edited), return_when=asyncio.FIRST_COMPLETED)
            if working.done():
                working.result()
            return not self._edited.is_set()
        finally:
            working.cancel()
            edited.cancel()
            await asyncio.gather(working, edited, return_exceptions=True)

"""Many calls of a moment become one. Knows nothing of what is called."""

import asyncio
from collections.abc import Callable


class Coalesced:
    """Calls `act` once, as soon as the event loop is free, for however many changes came until then."""

    def __init__(self, act: Callable[[], object]) -> None:
        self._act = act
        self._due = False

    def changed(self, *_: object) -> None:
        if not self._due:
            self._due = True
            asyncio.get_running_loop().call_soon(self._run)

    def _run(self) -> None:
        self._due = False
        self._act()

"""How the parts that answer questions get at the texts of files as whoever asks sees them."""

from collections.abc import Awaitable, Callable

from tercet_shared.errors import TercetError

ReadText = Callable[[str], Awaitable[str | None]]
"""The text of a file of the workspace, by its path, unsaved text first; None if there is none."""


async def text_of(read: ReadText, path: str) -> str | None:
    """The text; None too for a file that cannot be read as text, of which nothing can be shown."""
    try:
        return await read(path)
    except TercetError:
        return None

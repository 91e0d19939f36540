"""The texts of files as whoever asks sees them, and the definitions that stand in them now."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Sequence

from tercet_shared.errors import TercetError

from tercet_server.context.code import Code
from tercet_server.languages import Definition, tags

READ_AT_ONCE = 8

ReadText = Callable[[str], Awaitable[str | None]]
"""The text of a file of the workspace, by its path, unsaved text first; None if there is none."""


async def text_of(read: ReadText, path: str) -> str | None:
    """The text; None too for a file that cannot be read as text, of which nothing can be shown."""
    try:
        return await read(path)
    except TercetError:
        return None


async def texts_of(read: ReadText, paths: Iterable[str]) -> dict[str, str]:
    """The texts that can be read, in the order of the paths."""
    turns = asyncio.Semaphore(READ_AT_ONCE)

    async def one(path: str) -> str | None:
        async with turns:
            return await text_of(read, path)

    wanted = list(dict.fromkeys(paths))
    found = await asyncio.gather(*map(one, wanted))
    return {path: text for path, text in zip(wanted, found, strict=True) if text is not None}


def definitions_in(code: Code, path: str, text: str, lines: Sequence[str]) -> tuple[Definition, ...]:
    """The definitions of a text: the index's where all of them still stand in it, else read anew. CPU-bound."""
    file = code.snapshot.number_of(path)
    if file is not None and code.snapshot.files[file].lines == len(lines):
        known = code.definitions(file)
        if all(lines[each.name_line].startswith(each.name, each.name_character) for each in known):
            return known
    return tags(path, text).definitions

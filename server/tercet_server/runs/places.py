"""Finds in a workspace what a request names: files, lines, folders, tests, definitions. Decides no intent, runs nothing."""

import asyncio
import os
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath

from tercet_shared.context import MAX_NAME, IndexState, Symbol
from tercet_shared.edits import Range, line_range
from tercet_shared.errors import EditRefused, NotFound, TercetError
from tercet_shared.ids import ClientId
from tercet_shared.runs import Target
from tercet_shared.workspaces import Workspace

from tercet_server.agents import Named
from tercet_server.languages.kinds import is_test_path
from tercet_server.ports import CodeBase, Workspaces
from tercet_server.prompts import is_confidential

LONGEST_INDEXING_S = 5.0
"""How long the index of a workspace that has just been opened is waited for; without it no name is known."""

INDEX_PAUSE_S = 0.1
MOST_ALIKE = 50
MOST_OF_A_NAME = 1_000
"""Definitions of about one name, of which those of the named file or class are picked: more are hardly in one workspace."""

SHOWN = 5

_PLACE = re.compile(r"(?P<path>.+?)(?::(?P<first>\d{1,9})(?:-(?P<last>\d{1,9}))?)?(?:::(?P<name>.+))?")
_NAME = re.compile(r"[^\W\d]\w*(\.[^\W\d]\w*)*")
_NOT_INDEXED = (
    "{} cannot be looked up, for the index of this workspace is not complete: `tercet index status` shows it. Ask again later, or"
    " name a file by its whole path."
)
_NOT_THERE = "Nothing called {} is in this workspace: no file, no folder, no definition."


@dataclass(frozen=True)
class Looking:
    """In which workspace, whose unsaved texts count, and whether what is found will have its tests run rather than be read."""

    workspace: Workspace
    client_id: ClientId | None
    by_tests: bool
    path: str | None = None
    """The file that the words name besides: names are looked for in it alone."""
    until: float = 0.0
    """How long the index may be waited for, by the event loop's clock: one time for all names."""


@dataclass(frozen=True)
class Found:
    """What of the words is there: targets of one place each; `missing` and `doubtful` are sentences about the others."""

    targets: tuple[Target, ...] = ()
    missing: tuple[str, ...] = ()
    doubtful: tuple[str, ...] = ()

    def __add__(self, other: "Found") -> "Found":
        return Found(self.targets + other.targets, self.missing + other.missing, self.doubtful + other.doubtful)


class Places:
    """Looks names up as they are, in files and in the index."""

    def __init__(self, code: CodeBase, workspaces: Workspaces) -> None:
        self._code = code
        self._workspaces = workspaces

    async def find(self, looking: Looking, named: Sequence[Named]) -> Found:
        """Everything named, each once; paths first, for they say where names are meant."""
        looking = replace(looking, until=asyncio.get_running_loop().time() + LONGEST_INDEXING_S)
        found, names = Found(), list[Named]()
        for each in named:
            of_path = await self._path(looking, each.text) if each.is_path else None
            if of_path is not None:
                found += of_path
            elif _NAME.fullmatch(_dotted(each.text)):
                names.append(each)
            else:
                found += await self._nowhere(looking, each.text)
        files = {each.path for each in found.targets if each.path}
        if len(files) == 1:
            looking = replace(looking, path=files.pop())
        for each in names:
            of_name = await self._name(looking, _dotted(each.text))
            found += await self._nowhere(looking, each.text) if each.is_path and of_name.missing else of_name
        return found

    async def _nowhere(self, looking: Looking, text: str) -> Found:
        sentence = _NOT_THERE if await self._is_indexed(looking) else _NOT_INDEXED
        return Found(missing=(sentence.format(text),))

    # -- files and folders ----------------------------------------------------------------------------------------

    async def _path(self, looking: Looking, text: str) -> Found | None:
        """None if no file or folder is called so."""
        place = _PLACE.fullmatch(text)
        root = Path(looking.workspace.root)
        relative = _relative(place["path"], root) if place else None
        if place is None or relative is None:
            return None
        if relative and is_confidential(relative):
            return Found(missing=(f"{relative} is a file for secrets, which no run is about.",))
        if await asyncio.to_thread(_is_folder, root, relative):
            return _of_folder(looking, relative)
        try:
            current = await self._text(looking, relative)
        except TercetError as error:  # it is there, and is too large or no text
            return Found(missing=(error.sentence,))
        if current is not None:
            return await self._in_file(looking, relative, place, current)
        elsewhere = await self._elsewhere(looking, relative)
        return await self._path(looking, text.replace(place["path"], elsewhere, 1)) if elsewhere else None

    async def _in_file(self, looking: Looking, path: str, place: re.Match[str], text: str) -> Found:
        """The whole file, lines of it, or a name in it."""
        name = place["name"]
        if name and looking.by_tests and is_test_path(path):
            return Found((Target(tests=[f"{path}::{name}"]),))
        if name:
            return await self._name(replace(looking, path=path), _dotted(name.partition("[")[0]))
        lines = _lines(place["first"], place["last"], text)
        return (
            Found(missing=(f"{path} {lines}",)) if isinstance(lines, str) else Found((_of_file(looking, path, lines),))
        )

    async def _text(self, looking: Looking, path: str) -> str | None:
        try:
            return await self._workspaces.current_text(looking.workspace.id, path, looking.client_id)
        except (EditRefused, NotFound):
            return None

    async def _elsewhere(self, looking: Looking, path: str) -> str | None:
        """The only file whose path ends so, of those that are about the name: people leave the folders out."""
        if not await self._is_indexed(looking):  # there may be more of them
            return None
        found = await self._code.search(looking.workspace.id, path[:MAX_NAME], MOST_ALIKE)
        ending = {each.path for each in found.files if each.path.endswith(f"/{path}")}
        return ending.pop() if len(ending) == 1 else None

    # -- names ----------------------------------------------------------------------------------------------------

    async def _name(self, looking: Looking, name: str) -> Found:
        is_indexed = await self._is_indexed(looking)
        last = name.rpartition(".")[2][:MAX_NAME]
        listed = (await self._code.symbols(looking.workspace.id, last, MOST_OF_A_NAME)).symbols
        alike = {
            (each.path, each.name): each
            for each in listed
            if (each.name == name or each.name.endswith(f".{name}"))
            and looking.path in (None, each.path)
            and not is_confidential(each.path)
        }
        if not is_indexed:  # there may be more of that name, or one at all
            return Found(missing=(_NOT_INDEXED.format(name),))
        if len(alike) == 1:
            return Found((_of_symbol(looking, *alike.values()),))
        where = f" in {looking.path}" if looking.path else " in this workspace"
        if not alike:
            return Found(missing=(f"Nothing called {name} is defined{where}.",))
        shown = ", ".join(f"{path}::{each}" for path, each in list(alike)[:SHOWN])
        return Found(doubtful=(f"{name} is defined {len(alike)} times{where}: say which, such as {shown}.",))

    async def _is_indexed(self, looking: Looking) -> bool:
        """Said once the index is there, or has failed, or the time is up."""
        while (state := (await self._code.status(looking.workspace.id)).state) is IndexState.BUILDING:
            if asyncio.get_running_loop().time() >= looking.until:
                break
            await asyncio.sleep(INDEX_PAUSE_S)
        return state is IndexState.READY


def _relative(path: str, root: Path) -> str | None:
    """Below the root, without links looked at, which whoever reads the file does; "" for the root itself."""
    whole = os.path.normpath(os.path.join(root, path))
    if whole == str(root):
        return ""
    inside = PurePosixPath(Path(whole).relative_to(root).as_posix()) if Path(whole).is_relative_to(root) else None
    return None if inside is None or ":" in inside.parts[0] or "\\" in str(inside) else str(inside)


def _is_folder(root: Path, path: str) -> bool:
    try:
        real = os.path.realpath(root / path)
        return os.path.isdir(real) and Path(real).is_relative_to(os.path.realpath(root))
    except (OSError, ValueError):  # a name that no folder can have
        return False


def _of_folder(looking: Looking, path: str) -> Found:
    if not path:
        return Found((Target(),))
    if looking.by_tests:
        return Found((Target(tests=[path]),))
    return Found(doubtful=(f"{path} is a folder: name a file of it, or nothing to mean the whole workspace.",))


def _of_file(looking: Looking, path: str, lines: Range | None) -> Target:
    """Lines of a test file stand in the reports of what fails: its tests are to pass, and it is not to be changed."""
    if looking.by_tests and is_test_path(path):
        return Target(tests=[path])
    return Target(path=path, range=lines)


def _of_symbol(looking: Looking, symbol: Symbol) -> Target:
    is_test = symbol.name.rpartition(".")[2].lower().startswith("test")
    if looking.by_tests and is_test and is_test_path(symbol.path):
        return Target(tests=[f"{symbol.path}::{symbol.name.replace('.', '::')}"])
    if looking.by_tests:
        return _of_file(looking, symbol.path, None)
    return Target(path=symbol.path, symbol=symbol.name)


def _lines(first: str | None, last: str | None, text: str) -> Range | str | None:
    """The lines that are meant, or what is wrong with them; None for the whole file."""
    if first is None:
        return None
    start, end, count = int(first), int(last or first), text.count("\n") + 1
    if not 1 <= start <= end <= count:
        return f"has {count} lines, so it has no lines {start} to {end}."
    return (
        line_range(start - 1)
        if start == end
        else Range(start=line_range(start - 1).start, end=line_range(end - 1).start)
    )


def _dotted(name: str) -> str:
    return name.replace("::", ".").removesuffix("()")

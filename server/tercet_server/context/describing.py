"""What a thing is and who uses it, quickly: from names alone, its users packed like a section of a prompt."""

import asyncio
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tercet_shared.context import Description, Symbol

from tercet_server.context.answers import is_sayable, symbol_of
from tercet_server.context.code import Code, dotted_name
from tercet_server.context.indexes import LiveIndex
from tercet_server.context.packing import Place, pack
from tercet_server.context.searching import block_named, source_of
from tercet_server.context.symbols.spot import Spot
from tercet_server.context.texts import ReadText, texts_of
from tercet_server.languages import Definition

if TYPE_CHECKING:
    from tercet_server.context.index import Located, Use

BUDGET = 250
"""Tokens of the code that is shown: less than a screen."""

USERS_SHOWN = 4
MOST_USES = 80
"""Of a name that is used more often, so many uses are looked at; their number is that of the name then, whatever it means."""

_MARKUP = re.compile(r"[\\`*_\[\]<>!#&|~]")


@dataclass(frozen=True, slots=True)
class _Known:
    path: str
    definition: Definition
    users: tuple[tuple[str, Definition], ...]
    uses: int


async def describe(live: LiveIndex, spot: Spot, read: ReadText) -> Description:
    code = await asyncio.to_thread(live.code)
    known = await asyncio.to_thread(_known, code, spot)
    if known is None:
        return Description(symbol=None, coverage=live.coverage())
    texts = await texts_of(read, (path for path, _ in known.users))
    shown = await asyncio.to_thread(_users, code, known, texts)
    symbol = symbol_of(known.path, known.definition)
    return Description(
        symbol=symbol, markdown=_markdown(symbol, known, shown), uses=known.uses, coverage=live.coverage()
    )


def _known(code: Code, spot: Spot) -> _Known | None:
    """The nearest definition of the name, and the definitions that use it, the nearest first."""
    file = code.snapshot.number_of(spot.path)
    if file is None:
        return None
    meant = code.nearest(spot.name, file, spot.line)
    if spot.own is not None:
        meant = [each for each in meant if dotted_name(each.definition) == dotted_name(spot.own)]
    if not meant or not is_sayable(code.path(meant[0].file)):
        return None
    target = meant[0]
    uses = [each for each in code.snapshot.references(spot.name) if each.kind != "import"]
    meant_here = [each for each in uses[:MOST_USES] if code.means(spot.name, each.file, each.line, [target])]
    count = len(meant_here) if len(uses) <= MOST_USES else len(uses)
    return _Known(code.path(target.file), target.definition, _distinct(code, target, meant_here), count)


def _distinct(code: Code, target: "Located", uses: "Sequence[Use]") -> tuple[tuple[str, Definition], ...]:
    """The definitions that these uses stand in, but for the target itself; those of its own file first."""
    users: dict[tuple[str, str], Definition] = {}
    for use in sorted(uses, key=lambda use: (use.file != target.file, code.path(use.file), use.line)):
        around, path = code.around(use.file, use.line), code.path(use.file)
        own = use.file == target.file and target.definition.start <= use.line <= target.definition.end
        if around is not None and not own and is_sayable(path):
            users.setdefault((path, dotted_name(around)), around)
    return tuple((path, definition) for (path, _), definition in list(users.items())[:USERS_SHOWN])


def _users(code: Code, known: _Known, texts: dict[str, str]) -> str:
    sources = {path: source_of(code, path, text) for path, text in texts.items()}
    blocks = [(path, block_named(sources[path], definition)) for path, definition in known.users if path in sources]
    places = [Place(path, block, signature_only=True) for path, block in blocks if block is not None]
    return pack(places, sources.values(), BUDGET).text


def _markdown(symbol: Symbol, known: _Known, users: str) -> str:
    fence = "`" * 3
    while fence in symbol.signature:
        fence += "`"
    language = "python" if symbol.path.endswith((".py", ".pyi")) else ""
    parts = [f"{fence}{language}\n{symbol.signature or symbol.name}\n{fence}"]
    first, _, _ = symbol.doc.partition("\n\n")
    if first:
        parts.append(_plain(first))
    count = (
        "Nobody uses it by name." if not known.uses else f"Used {known.uses} {'time' if known.uses == 1 else 'times'}."
    )
    name = symbol.name.replace("`", "'")
    parts.append(f"{symbol.kind} `{name}` in {_plain(symbol.path)}:{symbol.name_range.start.line + 1}. {count}")
    if users:
        parts.append(users.rstrip("\n"))
    return "\n\n".join(parts)


def _plain(text: str) -> str:
    """Markdown that shows the text as it is: a picture in a stranger's documentation would be fetched by showing it."""
    return _MARKUP.sub(r"\\\g<0>", text)

"""Reads a prompt: the intent that it names, the places that it is about, and the words. Looks whether files are there."""

import os
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit
from urllib.request import url2pathname

from acp.schema import AvailableCommand, EmbeddedResourceContentBlock, ResourceContentBlock, TextContentBlock
from tercet_shared.errors import InvalidRequest
from tercet_shared.free_text import MOST_WORDS
from tercet_shared.runs import Intent, Target

from tercet_server.cli import project

DESCRIPTIONS = {
    Intent.FIX: "Repair failing tests, or what a file has wrong",
    Intent.TEST: "Write tests of code as it is",
    Intent.DOCUMENT: "Document code as it is",
    Intent.REVIEW: "Run all checks and tests, and list what they find",
    Intent.EXPLAIN: "Explain a file, a definition, or what some words are about",
    Intent.REFACTOR: "Make code simpler, proved to do what it did",
    Intent.OPTIMISE: "Make code faster, proved to do what it did",
    Intent.SECURE: "Make code more secure, proved to do what it did",
    Intent.IMPLEMENT: "Write what is asked for",
}

_LINES = re.compile(r":\d+(-\d+)?$")
_FRAGMENT = re.compile(r"L(\d{1,9})(?::(\d{1,9}))?")
_NAME = re.compile(r"[^\W\d]\w*(\.[^\W\d]\w*)*")


@dataclass(frozen=True)
class Wish:
    """What a prompt asks for. `instructions`: the words, where they are more than places.

    `intent` is None for words without a command: then the daemon says what they are understood as.
    """

    intent: Intent | None
    target: Target
    instructions: str = ""


def commands() -> list[AvailableCommand]:
    """The intents, as the editor offers them behind a slash."""
    return [AvailableCommand(name=intent.value, description=text) for intent, text in DESCRIPTIONS.items()]


def read(blocks: Sequence[object], root: Path) -> Wish:
    """`/fix PLACE... WORDS` names an intent; words without one are free text. Files come as links, too.

    Raises InvalidRequest if there is nothing to do, or too much to read, or if several source files are named.
    """
    words = "\n".join(block.text for block in blocks if isinstance(block, TextContentBlock)).strip()
    if not words:
        raise InvalidRequest(f"Say what to do, or begin with one of: {_list_of_commands()}.")
    if len(words) > MOST_WORDS:
        raise InvalidRequest(f"Say it in at most {MOST_WORDS} characters; files are better linked than pasted.")
    intent, words = _intent(words)
    linked = [place for block in blocks if (place := _linked(block, root)) is not None]
    places, words = _places(words, root) if intent else ([], words)
    _, target = project.resolve([*linked, *places], root, symbols=intent is not Intent.FIX)
    return _question(target, words) if intent is Intent.EXPLAIN else Wish(intent, target, words)


def _list_of_commands() -> str:
    return ", ".join(f"/{each}" for each in DESCRIPTIONS)


def _intent(words: str) -> tuple[Intent | None, str]:
    """Raises InvalidRequest for a command that there is not."""
    name, *rest = words.split(maxsplit=1)
    if not re.fullmatch(r"/[a-z_-]+", name):
        return None, words
    if name[1:] not in {each.value for each in Intent}:
        raise InvalidRequest(f"There is no command {name}. There are: {_list_of_commands()}.")
    return Intent(name[1:]), rest[0] if rest else ""


def _places(words: str, root: Path) -> tuple[list[str], str]:
    """The paths that `words` begin with, as `project.resolve` takes them, and what is left."""
    places = []
    while words and (place := _place(words.split(maxsplit=1)[0], root)) is not None:
        places.append(place)
        words = "".join(words.split(maxsplit=1)[1:])
    return places, words


def _place(word: str, root: Path) -> str | None:
    """The word as an absolute path, with the lines or the name that follow it, if it is there in the folder."""
    name = _LINES.sub("", word.partition("::")[0])
    try:
        path = os.path.realpath(root / name)
    except (OSError, ValueError):  # a name that no file can have
        return None
    inside = name and Path(path).is_relative_to(root) and os.path.exists(path)
    return path + word[len(name) :] if inside else None


def _linked(block: object, root: Path) -> str | None:
    """The file that is linked to or embedded, with the lines that the editor names in the way of Zed.

    Raises InvalidRequest for a file that is not in the folder: without it the request would be about more than was meant.
    """
    if isinstance(block, ResourceContentBlock):
        uri = block.uri
    elif isinstance(block, EmbeddedResourceContentBlock):
        uri = block.resource.uri
    else:
        return None
    try:
        parts = urlsplit(uri)
    except ValueError:
        return None
    if parts.scheme != "file":
        return None
    path = url2pathname(parts.path)
    place = _place(path, root)
    if place is None:
        raise InvalidRequest(f"There is no file {path} in {root}, the folder of this conversation.")
    lines = _FRAGMENT.fullmatch(parts.fragment)
    return f"{place}:{lines[1]}-{lines[2] or lines[1]}" if lines else place


def _question(target: Target, words: str) -> Wish:
    """A test that is named is explained like any other definition, a single name is looked up, all else is a question."""
    if target.tests:
        path, _, name = target.tests[0].partition("::")
        target = Target(path=path, symbol=name.partition("[")[0].replace("::", ".") or None)
    if _NAME.fullmatch(words) and target.range is None and target.symbol is None:
        return Wish(Intent.EXPLAIN, target.model_copy(update={"symbol": words}))
    if not words and target == Target():
        raise InvalidRequest("Say what to explain: a file, FILE:LINE, FILE::NAME, a name, or a question.")
    return Wish(Intent.EXPLAIN, target, words)

"""Turns a file's bytes into text and back without changing a byte that was not edited, or refuses. No I/O.

Line endings stay as they are. The encoding is that of a byte-order mark, else the one declared in the first two lines
(PEP 263), else UTF-8; nothing is ever guessed.
"""

import codecs
import re
from dataclasses import dataclass

from tercet_shared.errors import Unsupported

_MARKS = {
    # The mark of UTF-32 LE begins with that of UTF-16 LE, so it is tried first.
    "utf-32-le": codecs.BOM_UTF32_LE,
    "utf-32-be": codecs.BOM_UTF32_BE,
    "utf-8": codecs.BOM_UTF8,
    "utf-16-le": codecs.BOM_UTF16_LE,
    "utf-16-be": codecs.BOM_UTF16_BE,
}

_DECLARED = re.compile(rb"[ \t\f]*#.*?coding[:=][ \t]*([-\w.]+)", re.ASCII)
_COMMENT_OR_BLANK = re.compile(rb"[ \t\f]*(?:#|$)")


@dataclass(frozen=True)
class DecodedText:
    """A text (without its byte-order mark) and how its file stores it."""

    text: str
    encoding: str = "utf-8"
    bom: bool = False


def decode(content: bytes) -> DecodedText:
    """Raises Unsupported for what is not text in an encoding that can be told; `encode` gives the same bytes back."""
    decoded = _decoded(content)
    if decoded is None and b"\x00" not in content:
        raise Unsupported(
            "The file is not UTF-8 and declares no encoding that fits it; save it as UTF-8, or declare its encoding in the "
            "first line (for Latin-1: `# coding: latin-1`)."
        )
    if decoded is None or "\x00" in decoded.text:
        raise Unsupported("This is a binary file, and only text is edited; leave it out of the request.")
    return decoded


def encode(decoded: DecodedText) -> bytes:
    """The file's bytes. Raises Unsupported if the text cannot be stored so that it reads the same again."""
    if "\x00" in decoded.text:
        raise Unsupported("The changed text has a NUL character, which only binary files have; leave it out.")
    try:
        content = decoded.text.encode(decoded.encoding)
    except (UnicodeError, LookupError) as error:
        raise Unsupported(
            f"The changed text has characters that the file's encoding, {decoded.encoding}, cannot store ({error}); "
            "save the file as UTF-8 first."
        ) from error
    content = (_MARKS[decoded.encoding] if decoded.bom else b"") + content
    read_again = _decoded(content)
    if read_again is None or read_again.text != decoded.text:
        raise Unsupported(
            f"The change contradicts the encoding that the file is stored in, {decoded.encoding}; "
            "change the file's encoding in your editor first."
        )
    return content


def encoding_for_new(text: str) -> DecodedText:
    """How to store a new file: in the encoding that its first lines declare, else in UTF-8."""
    head = text[:1024].encode("utf-8", "replace")
    return DecodedText(text, next(iter(_declared(head)), "utf-8"))


def _decoded(content: bytes) -> DecodedText | None:
    for encoding, mark in _MARKS.items():
        if content.startswith(mark):
            text = _strictly(content[len(mark) :], encoding)
            if text is not None:
                return DecodedText(text, encoding, bom=True)
    for encoding in (*_declared(content), "utf-8"):
        text = _strictly(content, encoding)
        if text is not None:
            return DecodedText(text, encoding)
    return None


def _strictly(content: bytes, encoding: str) -> str | None:
    """The text, if the bytes are valid and come out again as they were."""
    try:
        text = content.decode(encoding)
        return text if text.encode(encoding) == content else None
    except UnicodeError:
        return None


def _declared(content: bytes) -> list[str]:
    """The declared encoding if this Python knows it as a text encoding; else none."""
    lines = re.split(rb"\r\n|\r|\n", content[:4096], maxsplit=2)[:2]
    for line in lines:
        if match := _DECLARED.match(line):
            return _known(match[1].decode("ascii"))
        if not _COMMENT_OR_BLANK.match(line):
            break
    return []


def _known(name: str) -> list[str]:
    try:
        codec = codecs.lookup(name)
    except LookupError:
        return []
    is_text = getattr(codec, "_is_text_encoding", False)  # as `bytes.decode` itself asks before it uses a codec
    return [codec.name] if is_text else []

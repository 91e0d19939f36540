"""Reads the texts of a workspace's files, and stores texts as their files are stored."""

import errno
import os
from collections.abc import Mapping
from pathlib import Path

from tercet_shared.errors import EditRefused, TercetError, TooLarge, Unsupported

from tercet_server.edits import DecodedText, decode, encode, encoding_for_new
from tercet_server.files.folders import folder_of
from tercet_server.files.selection import is_left_out
from tercet_server.workspace.paths import inside
from tercet_server.workspace.scan import Skipped

MAX_TEXT_BYTES = 10 * 1024**2


def read_file(root: Path, path: str) -> bytes | None:
    """The content of the file at `path`, through links that stay inside; None if there is none.

    Raises TooLarge, EditRefused for what is no regular file or outside, Unsupported if it cannot be read.
    """
    real = inside(root, path)
    try:
        with folder_of(root, real) as (folder, name), folder.read(name) as file:
            if os.fstat(file.fileno()).st_size > MAX_TEXT_BYTES:
                raise too_large(path)
            return file.read(MAX_TEXT_BYTES + 1)
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        if error.errno in (errno.ELOOP, errno.EINVAL, errno.EISDIR, errno.ENXIO, errno.ENAMETOOLONG):
            raise EditRefused(f"{path} is no regular file; only those are read and edited.", path=path) from error
        raise Unsupported(
            f"{path} cannot be read ({error.strerror}); check its permissions and try again.", path=path
        ) from error


def read_text(root: Path, path: str) -> DecodedText | None:
    """The text of the file at `path`; None if there is none. Raises as `read_file`, and Unsupported for what is no text."""
    content = read_file(root, path)
    return None if content is None else decoded(path, content)


def decoded(path: str, content: bytes) -> DecodedText:
    try:
        return decode(content)
    except Unsupported as error:
        raise Unsupported(f"{path}: {error.sentence}", path=path) from error


def stored_like(path: str, before: DecodedText | None, text: str) -> bytes:
    """The bytes of `text` in the encoding in which the file is stored already. Raises Unsupported."""
    try:
        return encode(encoding_for_new(text) if before is None else DecodedText(text, before.encoding, before.bom))
    except Unsupported as error:
        raise Unsupported(f"{path}: {error.sentence}", path=path) from error


def overlay_contents(root: Path, texts: Mapping[str, str], skipped: list[Skipped]) -> dict[str, bytes]:
    """What the files would hold if the unsaved `texts` were saved now, by real path. Those that cannot be are recorded."""
    contents = {}
    for path, text in texts.items():
        try:
            real = inside(root, path)
            if not is_left_out(real):
                contents[real] = stored_like(path, read_text(root, real), text)
        except TercetError as error:
            skipped.append(Skipped(path, f"its unsaved text is left out ({error.sentence})"))
    return contents


def too_large(path: str) -> TooLarge:
    return TooLarge(f"{path} is over {MAX_TEXT_BYTES // 1024**2} MB; leave it out of the request.", path=path)

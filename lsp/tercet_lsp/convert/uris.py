"""File URIs and paths, of every platform on every platform. Reads no file system: what a path means is lexical here."""

import re
import sys
from pathlib import PurePath, PurePosixPath, PureWindowsPath
from urllib.parse import quote, unquote, urlsplit

_DRIVE = re.compile(r"^/?[A-Za-z]:(/|$)")


def to_path(uri: str) -> PurePath | None:
    """The path of a `file:` URI; None for every other scheme and for what is no URI.

    A drive letter (`file:///C:/x`, `file:///c%3A/x`) or a host (`file://server/share/x`) makes a Windows path, which
    compares without regard to case; any other is a POSIX path.
    """
    try:
        parts = urlsplit(uri)
    except ValueError:
        return None
    if parts.scheme != "file":
        return None
    path = unquote(parts.path, errors="surrogateescape")
    if "\x00" in path or not path.startswith("/"):
        return None
    if parts.netloc not in ("", "localhost"):
        return PureWindowsPath(f"//{unquote(parts.netloc)}{path}")
    if _DRIVE.match(path):
        return PureWindowsPath(path.lstrip("/"))
    return PureWindowsPath(path) if sys.platform == "win32" else PurePosixPath(path)


def from_path(path: PurePath) -> str:
    """The `file:` URI of an absolute path, percent-encoded as VS Code's library does, drive letters in lower case."""
    if isinstance(path, PureWindowsPath):
        posix = path.as_posix()
        if posix.startswith("//"):
            host, _, rest = posix[2:].partition("/")
            return f"file://{quote(host)}/{_quoted(rest)}"
        return f"file:///{posix[:1].lower()}%3A{_quoted(posix[2:])}"
    return f"file://{_quoted(path.as_posix())}"


def below(folder_uri: str, relative_path: str) -> str:
    """The URI of a file below a folder, beginning just as the editor wrote the folder's."""
    return f"{folder_uri.rstrip('/')}/{_quoted(relative_path)}"


def path_of(text: str) -> PurePath:
    """A path as a system writes it: a drive letter or a leading double backslash makes a Windows path."""
    windows = sys.platform == "win32" or _DRIVE.match(text.replace("\\", "/")) or text.startswith("\\\\")
    return PureWindowsPath(text) if windows else PurePosixPath(text)


def _quoted(path: str) -> str:
    return quote(path, errors="surrogateescape")

"""Remembers which folders hold temporary files of a write in progress, so that a killed daemon leaves none behind.

Whatever a kill interrupts, the users' files themselves are whole: only the temporary ones are swept.
"""

import json
import secrets
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from tercet_server.files.folders import Folder

PREFIX = ".tercet-"
"""Every temporary file's name: this, the write's token, and what it is."""


class Pending:
    """Records of writes in progress, one small file each."""

    def __init__(self, records: Path) -> None:
        self._records = records

    @contextmanager
    def recorded(self, folders: Sequence[Path]) -> Iterator[str]:
        """Gives the prefix for the names of temporary files in `folders` until the block ends. Raises OSError."""
        self._records.mkdir(parents=True, exist_ok=True, mode=0o700)
        token = secrets.token_hex(8)
        record = self._records / f"{token}.json"
        record.write_text(json.dumps(sorted({str(folder) for folder in folders})), "utf-8", "surrogateescape")
        try:
            yield f"{PREFIX}{token}"
        finally:
            record.unlink(missing_ok=True)

    def sweep(self) -> int:
        """Removes the temporary files of writes that were interrupted. Returns how many writes that were."""
        if not self._records.is_dir():
            return 0
        records = list(self._records.glob("*.json"))
        for record in records:
            for folder in _folders(record):
                _remove_temporary(Path(folder), f"{PREFIX}{record.stem}")
            record.unlink(missing_ok=True)
        return len(records)


def _folders(record: Path) -> list[str]:
    """None for a record that was cut off: it is written before the first temporary file is."""
    try:
        folders = json.loads(record.read_text("utf-8", "surrogateescape"))
    except (OSError, ValueError):
        return []
    return [folder for folder in folders if isinstance(folder, str)] if isinstance(folders, list) else []


def _remove_temporary(folder: Path, prefix: str) -> None:
    with suppress(OSError), Folder.open(folder) as opened:  # the folder may be gone, and with it its files
        for entry in opened.entries():
            if entry.name.startswith(prefix + "-"):
                opened.remove_file(entry.name)

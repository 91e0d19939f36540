"""Keeps a small table of texts in a file of the user's own state: written whole or not at all, readable by its owner only."""

import json
import os
import tempfile
from pathlib import Path

from tercet_server.workspace.failures import writing


class StateFile:
    """A JSON object of objects of strings. Not for use by two threads at once."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def read(self) -> tuple[dict[str, dict[str, str]], str | None]:
        """The table, and a sentence if the file is damaged: it is then set aside, and the table is empty."""
        try:
            return _checked(json.loads(self.path.read_bytes())), None
        except FileNotFoundError:
            return {}, None
        except OSError as error:
            return {}, f"{self.path} cannot be read ({error.strerror}); check its permissions."
        except (ValueError, RecursionError):
            aside = self.path.with_suffix(".damaged.json")
            with writing(str(aside)):
                os.replace(self.path, aside)
            return (
                {},
                f"{self.path} was damaged and has been set aside as {aside.name}; what it held is asked for again.",
            )

    def write(self, table: dict[str, dict[str, str]]) -> None:
        """Raises DiskFull, NotWritable; the file is then as it was."""
        with writing(str(self.path)):
            self.path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            descriptor, temporary = tempfile.mkstemp(dir=self.path.parent, prefix=f".{self.path.name}-")
            try:
                with os.fdopen(descriptor, "wb") as file:
                    file.write(json.dumps(table, indent=1).encode())
                    file.flush()
                    os.fsync(file.fileno())
                os.replace(temporary, self.path)
            except BaseException:
                os.unlink(temporary)
                raise


def _checked(table: object) -> dict[str, dict[str, str]]:
    if not isinstance(table, dict) or not all(isinstance(row, dict) for row in table.values()):
        raise ValueError("not a table")
    return {key: {name: value for name, value in row.items() if isinstance(value, str)} for key, row in table.items()}

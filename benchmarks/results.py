"""Outcomes of a measurement in a file of JSON lines, so that one that was broken off goes on where it stopped."""

import json
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Generic, Protocol, TypeVar

from pydantic import TypeAdapter, ValidationError


class Measured(Protocol):
    """A dataclass of what came of one subject in one system."""

    @property
    def system(self) -> str: ...


OutcomeT = TypeVar("OutcomeT", bound=Measured)


class Results(Generic[OutcomeT]):
    """The outcomes so far, also of earlier runs with the same `key`; kept in memory alone without a file."""

    def __init__(self, file: Path | None, key: str, kind: type[OutcomeT], subject: Callable[[OutcomeT], str]) -> None:
        """`subject`: what an outcome is about. Lines of other shapes, and one that was not written to its end, are passed over."""
        self._file = file
        self._key = key
        self._adapter = TypeAdapter(kind)
        self._subject = subject
        self.outcomes: dict[tuple[str, str], OutcomeT] = {}
        for line in file.read_text("utf-8").splitlines() if file is not None and file.exists() else []:
            with suppress(ValueError, ValidationError):
                stored = json.loads(line)
                if stored.pop("key") == key:
                    self._hold(self._adapter.validate_python(stored))

    def add(self, outcome: OutcomeT) -> None:
        self._hold(outcome)
        if self._file is not None:
            line = {"key": self._key, **self._adapter.dump_python(outcome, mode="json")}
            with self._file.open("a", encoding="utf-8") as file:
                file.write(json.dumps(line) + "\n")

    def missing(self, system: str, subjects: Sequence[str]) -> list[str]:
        return [each for each in subjects if (system, each) not in self.outcomes]

    def _hold(self, outcome: OutcomeT) -> None:
        self.outcomes[outcome.system, self._subject(outcome)] = outcome

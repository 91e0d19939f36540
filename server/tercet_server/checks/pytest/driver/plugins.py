"""The installed pytest plugins, looked up once: pytest reads the metadata of every installed distribution at each start."""

from __future__ import annotations

import contextlib
import importlib.metadata
from collections.abc import Iterator
from typing import Any


class _Known:
    """A distribution whose entry points and files have been read."""

    def __init__(self, distribution: Any, entry_points: Any) -> None:
        self._distribution = distribution
        self.entry_points = entry_points
        self.files = list(distribution.files or ())

    def __getattr__(self, name: str) -> Any:
        return getattr(self._distribution, name)


class Plugins:
    """What is installed when the driver starts."""

    def __init__(self) -> None:
        self._known: list[Any] = []
        self.entry_points: list[str] = []
        """The modules of the plugins."""
        for distribution in importlib.metadata.distributions():
            with contextlib.suppress(OSError, ValueError):
                entry_points = distribution.entry_points
                names = [each.value.partition(":")[0] for each in entry_points if each.group == "pytest11"]
                if names:
                    self._known.append(_Known(distribution, entry_points))
                    self.entry_points += names
        self.modules = frozenset(self._modules())
        """Their modules and packages: the names of which pytest may say that it came too late to rewrite them."""

    def _modules(self) -> Iterator[str]:
        for name in self.entry_points:
            yield name
            yield name.partition(".")[0]
        for distribution in self._known:
            for file in distribution.files:
                if file.suffix == ".py":
                    yield file.parts[0] if len(file.parts) > 1 else file.stem

    def answer_from_memory(self) -> None:
        """Until `answer_truly`, only the distributions with plugins seem to be installed: pytest looks for no others."""
        self._truly: Any = importlib.metadata.distributions
        importlib.metadata.distributions = lambda **named: list(self._known)

    def answer_truly(self) -> None:
        """Before any code of the project runs."""
        importlib.metadata.distributions = self._truly

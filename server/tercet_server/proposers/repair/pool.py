"""The mutants of all suspicious files as one queue, likeliest first. CPU-bound: call it from a thread."""

import heapq
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol, Self

from tercet_server.proposers.repair.files import PythonFile, TreeFile
from tercet_server.proposers.repair.mutation import Mutation
from tercet_server.proposers.repair.ranked import MAX_PER_FILE, Ranked

MAX_MUTANTS = 60_000
"""Of all files together; far more than can be tried in the time of a run."""

LATER_SHARE = 0.1
"""Of its chance that a mutant keeps which ran out of time: a slow repair is possible, an endless loop likelier."""


@dataclass(frozen=True)
class Mutant:
    """One file changed by one mutation. `attempt` counts from 0 how often it was put back."""

    path: str
    mutation: Mutation
    chance: float
    attempt: int = 0


class _File(Protocol):
    """A file that is searched, of whatever language."""

    text: str

    def ranked(self, suspicion: Mapping[int, float], limit: int) -> list[Ranked]: ...

    def is_new(self, mutation: Mutation) -> bool:
        """Whether it is sound, changes something, and was not asked about before."""
        ...

    def function_at(self, offset: int) -> str:
        """The name of the function around an offset, or nothing."""
        ...


def _file(path: str, text: str) -> _File | None:
    if not path.endswith((".py", ".pyi", ".pyw")):
        return TreeFile.of(path, text)
    try:
        return PythonFile(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None


class MutantPool:
    """Raises nothing for files that cannot be parsed: they have no mutants."""

    def __init__(self, files: Mapping[str, _File], mutants: list[Mutant]) -> None:
        self._files = files
        self._queue = [(-mutant.chance, rank, mutant) for rank, mutant in enumerate(mutants)]
        heapq.heapify(self._queue)
        self._added = len(mutants)
        self.total = len(mutants)
        self.best_chance = max((mutant.chance for mutant in mutants), default=0.0)

    @classmethod
    def of(cls, texts: Mapping[str, str], suspicion: Mapping[str, Mapping[int, float]]) -> Self:
        files: dict[str, _File] = {}
        mutants: list[Mutant] = []
        for path, text in texts.items():
            file = _file(path, text)
            if file is None:
                continue
            files[path] = file
            found = file.ranked(suspicion[path], min(MAX_PER_FILE, MAX_MUTANTS - len(mutants)))
            mutants += [Mutant(path, each.mutation, each.chance) for each in found]
        return cls(files, mutants)

    def take(self, count: int) -> list[Mutant]:
        """The next likeliest ones that compile and differ from the original and from each other; [] once it is empty."""
        taken: list[Mutant] = []
        while self._queue and len(taken) < count:
            mutant = heapq.heappop(self._queue)[2]
            if mutant.attempt or self._files[mutant.path].is_new(mutant.mutation):
                taken.append(mutant)
            else:
                self.total -= 1
        return taken

    def put_back(self, mutant: Mutant, *, promising: bool) -> None:
        """For a later attempt with more time: the next one, if it is `promising`."""
        chance = self.best_chance if promising else mutant.chance * LATER_SHARE
        again = Mutant(mutant.path, mutant.mutation, chance, mutant.attempt + 1)
        heapq.heappush(self._queue, (-again.chance, self._added, again))
        self._added += 1

    def text(self, mutant: Mutant) -> str:
        """The mutated file."""
        return mutant.mutation.apply(self.original(mutant.path))

    def original(self, path: str) -> str:
        return self._files[path].text

    def title(self, mutant: Mutant) -> str:
        """What the mutation does, in a few words."""
        file, mutation = self._files[mutant.path], mutant.mutation
        old, new = _short(file.text[mutation.start : mutation.end]), _short(mutation.replacement)
        function = file.function_at(mutation.start)
        place = f"in {function}()" if function else f"in {mutant.path}"
        if not old:
            return f"insert `{new}` {place}"
        return f"replace `{old}` by `{new}` {place}" if new else f"delete `{old}` {place}"


def _short(source: str, limit: int = 60) -> str:
    text = " ".join(source.split())
    return text if len(text) <= limit else text[: limit - 1] + "…"

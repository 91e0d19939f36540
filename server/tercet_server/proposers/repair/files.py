"""A file under search: its mutations, and which of them are worth a run. Python by `ast`, the rest by their grammars."""

from collections.abc import Mapping
from typing import Self

from tercet_server.proposers.repair.equivalence import Equivalence
from tercet_server.proposers.repair.mutation import Mutation
from tercet_server.proposers.repair.rank import ranked_mutations
from tercet_server.proposers.repair.ranked import Ranked
from tercet_server.proposers.repair.subject import Subject
from tercet_server.proposers.repair.trees import Source, ranked_tree_mutations, source_of
from tercet_server.proposers.repair.trees.source import is_sound


class PythonFile:
    """Raises what `Subject` raises for text that cannot be parsed."""

    def __init__(self, text: str) -> None:
        self.text = text
        self._subject = Subject.of(text)
        self._equivalence = Equivalence(self._subject.module)

    def ranked(self, suspicion: Mapping[int, float], limit: int) -> list[Ranked]:
        return ranked_mutations(self._subject, suspicion, limit)

    def is_new(self, mutation: Mutation) -> bool:
        return self._equivalence.is_new(mutation)

    def function_at(self, offset: int) -> str:
        function = self._subject.module.function_at(offset)
        return function.name if function else ""


class TreeFile:
    """A file of a language that `trees` knows."""

    def __init__(self, path: str, text: str, source: Source) -> None:
        self.text = text
        self._path = path
        self._source = source
        self._known = {_words(text)}
        self._sound = is_sound(path, text)

    @classmethod
    def of(cls, path: str, text: str) -> Self | None:
        source = source_of(path, text)
        return None if source is None else cls(path, text, source)

    def ranked(self, suspicion: Mapping[int, float], limit: int) -> list[Ranked]:
        return ranked_tree_mutations(self._source, suspicion, limit)

    def is_new(self, mutation: Mutation) -> bool:
        """Mutants that differ in white space alone are one. What was wrong before need not become right."""
        text = mutation.apply(self.text)
        words = _words(text)
        if words in self._known:
            return False
        self._known.add(words)
        return not self._sound or is_sound(self._path, text)

    def function_at(self, offset: int) -> str:
        return self._source.function_name_at(offset)


def _words(text: str) -> int:
    return hash(tuple(text.split()))

"""One state of a workspace's index with what is worked out from it: scopes, imports, and what a name most likely means.

Reads the index (so: in a thread) and keeps what it has read; what two threads work out at once comes out the same.
"""

import posixpath
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from tercet_server.context.imports import ImportGraph, ModuleTable
from tercet_server.languages import Definition

if TYPE_CHECKING:
    from tercet_server.context.index import Located, Snapshot

IMPORT_STEPS = 3
"""A name may come through a few files that only hand it on: `__init__.py`, `index.ts`."""

MOST_CANDIDATES = 200
"""Of a name that more definitions have, nothing can be said by its spelling."""

FEW_ANYWHERE = 5
"""So many definitions of a name, none of them near, are all taken for its meaning."""

_FAMILIES = (
    frozenset({"javascript", "typescript", "tsx"}),
    frozenset({"c", "cpp"}),
    frozenset({"java", "kotlin", "scala"}),
)
"""Languages whose code uses each other's names."""


@dataclass(frozen=True, slots=True, order=True)
class Nearness:
    """How near a definition is to a place that uses its name; less is nearer."""

    tier: int
    """0 the same file, then the length of the chain of imports, `IMPORT_STEPS + 1` everywhere else."""
    scopes_apart: int


class Code:
    """The code base as one snapshot of its index has it."""

    def __init__(self, snapshot: "Snapshot") -> None:
        self.snapshot = snapshot
        self._definitions: dict[int, tuple[Definition, ...]] = {}
        self._named: dict[str, list[Located]] = {}
        self._nearest: dict[tuple[str, int, tuple[str, ...]], list[Located]] = {}
        self._imported: dict[int, frozenset[int]] = {}
        self._nearby: dict[int, dict[int, int]] = {}

    def path(self, file: int) -> str:
        return self.snapshot.files[file].path

    def definitions(self, file: int) -> tuple[Definition, ...]:
        if file not in self._definitions:
            self._definitions[file] = self.snapshot.definitions(file)
        return self._definitions[file]

    def named(self, name: str) -> "list[Located]":
        """The definitions of exactly this name, in any scope."""
        if name not in self._named:
            self._named[name] = self.snapshot.named(name)
        return self._named[name]

    def around(self, file: int, line: int) -> Definition | None:
        """The innermost definition that holds the line."""
        return innermost(self.definitions(file), line)

    # -- what a name means ------------------------------------------------------------------------------------------

    def meanings(self, name: str, file: int, line: int) -> "list[Located]":
        """The definitions of this name, the nearest to the place first: nearest scope, then imports, then anywhere."""
        found = self._candidates(name, file, _scope_of(self.around(file, line)))
        return [each for _, _, _, each in sorted(found, key=lambda each: each[:3])]

    def nearest(self, name: str, file: int, line: int) -> "list[Located]":
        """Those of them that are as near as the nearest; none if they are just anywhere, and more than a few."""
        key = (name, file, _scope_of(self.around(file, line)))
        if key not in self._nearest:
            found = self._candidates(*key)
            best = min((each[0] for each in found), default=Nearness(0, 0))
            near = sorted((each for each in found if each[0] == best), key=lambda each: each[:3])
            certain = best.tier <= IMPORT_STEPS or len(near) <= FEW_ANYWHERE
            self._nearest[key] = [each for _, _, _, each in near] if certain else []
        return self._nearest[key]

    def means(self, name: str, file: int, line: int, meant: "Iterable[Located]") -> bool:
        """Whether one of the nearest definitions of the name is among `meant`."""
        wanted = {each.doc for each in meant}
        return any(each.doc in wanted for each in self.nearest(name, file, line))

    def _candidates(self, name: str, file: int, scope: tuple[str, ...]) -> "list[tuple[Nearness, str, int, Located]]":
        candidates = [each for each in self.named(name) if self._related(each.file, file)]
        if len(candidates) > MOST_CANDIDATES:
            candidates = [each for each in candidates if each.file == file or each.file in self.nearby(file)]
        return [
            (self._nearness(each, file, scope), self.path(each.file), each.definition.start, each)
            for each in candidates
        ]

    def _nearness(self, candidate: "Located", file: int, scope: tuple[str, ...]) -> Nearness:
        tier = 0 if candidate.file == file else self.nearby(file).get(candidate.file, IMPORT_STEPS + 1)
        own = tuple(candidate.definition.scope.split(".")) if candidate.definition.scope else ()
        shared = 0
        for left, right in zip(own, scope, strict=False):
            if left != right:
                break
            shared += 1
        return Nearness(tier, len(own) + len(scope) - 2 * shared if tier == 0 else 0)

    def _related(self, one: int, other: int) -> bool:
        left, right = self.snapshot.files[one].language, self.snapshot.files[other].language
        return left == right or any(left in family and right in family for family in _FAMILIES)

    # -- imports ----------------------------------------------------------------------------------------------------

    @cached_property
    def import_graph(self) -> ImportGraph:
        """Of the whole code base: the first use reads the imports of every file."""
        written = {each.path: self._written.get(number, ()) for number, each in enumerate(self.snapshot.files)}
        return ImportGraph(written)

    @cached_property
    def _written(self) -> dict[int, tuple[str, ...]]:
        return self.snapshot.all_imports()

    @cached_property
    def _table(self) -> ModuleTable:
        return ModuleTable(each.path for each in self.snapshot.files)

    @cached_property
    def _folders(self) -> dict[str, list[int]]:
        found: dict[str, list[int]] = {}
        for number, each in enumerate(self.snapshot.files):
            found.setdefault(posixpath.dirname(each.path), []).append(number)
        return found

    def nearby(self, file: int) -> dict[int, int]:
        """The files that this one imports, directly or through others, with the steps to them (from one)."""
        if file not in self._nearby:
            found = {file: 0}
            queue = deque([file])
            while queue:
                current = queue.popleft()
                for imported in self._imports_of(current) if found[current] < IMPORT_STEPS else ():
                    if imported not in found:
                        found[imported] = found[current] + 1
                        queue.append(imported)
            self._nearby[file] = {each: steps for each, steps in found.items() if steps}
        return self._nearby[file]

    def _imports_of(self, file: int) -> frozenset[int]:
        """Files imported as written; and the folder's other files where a language shares names within a folder."""
        if file not in self._imported:
            path = self.path(file)
            targets = (each for name in self._written.get(file, ()) for each in self._table.resolve(name, path))
            numbers = {number for each in targets if (number := self.snapshot.number_of(each)) is not None}
            if self.snapshot.files[file].language in ("go", "java", "kotlin", "scala", "csharp", "swift", "php"):
                numbers.update(each for each in self._folders[posixpath.dirname(path)] if self._related(each, file))
            self._imported[file] = frozenset(numbers - {file})
        return self._imported[file]


def innermost(definitions: Iterable[Definition], line: int) -> Definition | None:
    """The definition with the fewest lines of those that hold the line."""
    holders = (each for each in definitions if each.start <= line <= each.end)
    return min(holders, key=lambda each: (each.end - each.start, -len(each.scope)), default=None)


def dotted_name(definition: Definition) -> str:
    """The definition's name with the names around it: `Cart.total`."""
    return f"{definition.scope}.{definition.name}" if definition.scope else definition.name


def _scope_of(definition: Definition | None) -> tuple[str, ...]:
    return () if definition is None else tuple(dotted_name(definition).split("."))

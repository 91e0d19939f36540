"""A mutation with its chance, and the order in which mutations are tried. Knows no language."""

from collections.abc import Iterable
from dataclasses import dataclass

from tercet_server.proposers.repair.mutation import Mutation

MAX_PER_FILE = 30_000
"""Mutations kept of one file; its most suspicious lines come first."""

HEADER_SHARE = 0.4
"""Of a function's suspiciousness that its header has: defaults and parameters run before any test."""

ASSIGNED_SHARE = 0.4
"""Of the suspiciousness of a line that what it reads has, where a module or class assigned that."""

UNCOVERED_SHARE = 0.15
"""Of a function's suspiciousness that its other lines have: what is missing may be missing where nothing ran."""


@dataclass(frozen=True, slots=True)
class Ranked:
    """A mutation with its chance, comparable between the files of one search."""

    mutation: Mutation
    chance: float


def in_order(found: Iterable[Ranked]) -> list[Ranked]:
    """Likeliest first; the same input, the same list."""
    return sorted(found, key=_order)


def _order(ranked: Ranked) -> tuple[float, int, int, str]:
    mutation = ranked.mutation
    return (-ranked.chance, mutation.start, mutation.end, mutation.replacement)

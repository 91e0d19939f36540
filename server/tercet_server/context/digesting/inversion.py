"""Counts terms by document and field, and turns the counts into postings: term → documents. Pure; arrays by numpy."""

from array import array
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from tercet_server.context.words import words

FIELDS = ("name", "signature", "doc", "body")

POSTING = np.dtype([("content", "<i4"), ("ordinal", "<u2"), ("counts", "<u2")])
"""A document (the content it is of, its place there) and how often each field of it has the term."""

MAX_ORDINAL = 60_000

_BITS = (2, 3, 4, 7)
"""Of each field's count, from the lowest; a count that does not fit is the largest that does: more repetition says no more."""

_SHIFTS = np.cumsum((0, *_BITS[:-1])).astype(np.int64)
_CAPS = np.array([2**bits - 1 for bits in _BITS], np.int64)

LENGTH_LIMIT = 65_535


@dataclass(frozen=True, slots=True)
class Inverted:
    """Postings as bytes: those of `terms[i]` are `data[starts[i]:starts[i + 1]]`."""

    terms: list[str]
    starts: list[int]
    data: bytes


class Inverter:
    """Takes the fields of documents one after the other."""

    def __init__(self) -> None:
        self._numbers: defaultdict[str, int] = defaultdict()
        self._numbers.default_factory = self._numbers.__len__
        self._terms = array("i")
        self._fields = array("q")
        self._repeats = array("i")
        self._contents = array("i")
        self._ordinals = array("H")

    def begin(self, content: int, ordinal: int) -> None:
        """The next document; what is added from here on is its."""
        self._contents.append(content)
        self._ordinals.append(ordinal)

    def add(self, number: int, text: str) -> int:
        """Adds text to the field of that number of the document begun last. The count of its terms."""
        found = words(text)
        if found:
            self._terms.extend(map(self._numbers.__getitem__, found))
            self._fields.append((len(self._contents) - 1) << 2 | number)
            self._repeats.append(len(found))
        return len(found)

    def finish(self) -> Inverted:
        fields = np.repeat(np.frombuffer(self._fields, np.int64), np.frombuffer(self._repeats, np.int32))
        terms = np.frombuffer(self._terms, np.int32).astype(np.int64)
        occurrences, counts = np.unique(terms << 34 | fields, return_counts=True)
        which = occurrences & 3
        counted = np.minimum(counts, _CAPS[which]) << _SHIFTS[which]
        pairs = occurrences >> 2
        firsts = np.flatnonzero(np.diff(pairs, prepend=-1))
        documents = pairs[firsts] & 0xFFFFFFFF
        postings = np.empty(len(firsts), POSTING)
        postings["content"] = np.frombuffer(self._contents, np.int32)[documents] if len(firsts) else 0
        postings["ordinal"] = np.frombuffer(self._ordinals, np.uint16)[documents] if len(firsts) else 0
        postings["counts"] = np.add.reduceat(counted, firsts) if len(firsts) else 0
        starts = np.searchsorted(pairs[firsts] >> 32, np.arange(len(self._numbers) + 1)) * POSTING.itemsize
        return Inverted(list(self._numbers), starts.tolist(), postings.tobytes())


def unpacked(counts: npt.NDArray[np.uint16]) -> npt.NDArray[np.uint8]:
    """The counts of each field, one column a field."""
    return ((counts[:, None].astype(np.int64) >> _SHIFTS) & _CAPS).astype(np.uint8)


def merged(parts: Mapping[str, list[bytes]]) -> list[tuple[str, bytes]]:
    """One row a term, in the order of the terms."""
    return [(term, b"".join(parts[term])) for term in sorted(parts)]

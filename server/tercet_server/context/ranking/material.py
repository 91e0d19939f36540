"""What a ranking is made from: a code base, the places of the sought terms, and its history, as arrays. Holds no logic."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Numbers = npt.NDArray[np.int32]
Values = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]

NAME, SIGNATURE, DOC, BODY = range(4)
"""The columns of counts and lengths."""


@dataclass(frozen=True, slots=True)
class Links:
    """File → file, by the names that one uses and the other defines. A heavier link is a surer or stronger one."""

    source: Numbers
    target: Numbers
    weight: Values


@dataclass(frozen=True, slots=True)
class CodeBase:
    """Files in the order of `paths`; the documents of file f are `first_doc[f]` to `first_doc[f + 1] - 1`.

    A document is a definition without those inside it; the first of a file is what is in none. `doc_parent` is the document
    around each (-1: none), `lengths` its words in each column, `main` whether a file is neither tests, prose, data,
    generated nor vendored.
    """

    paths: tuple[str, ...]
    main: Flags
    first_doc: Numbers
    doc_file: Numbers
    doc_parent: Numbers
    lengths: Values
    links: Links


@dataclass(frozen=True, slots=True)
class Occurrences:
    """Of one term: documents (each once, ascending) with its count in each column, and the files whose paths have it."""

    docs: Numbers
    counts: Values
    path_files: Numbers


@dataclass(frozen=True, slots=True)
class Past:
    """The commits of a history, newest first, and which files of the code base each changed (pairs `commit`, `file`).

    `files_changed` counts all of a commit, also those that are gone; `ages` are years before the newest. `messages` has, for
    a word, the commits whose messages have it and its count there (a body's counts for half); `lengths` are the words of
    each message, counted alike.
    """

    names: tuple[str, ...]
    ages: Values
    files_changed: Numbers
    commit: Numbers
    file: Numbers
    lengths: Values
    messages: Mapping[str, tuple[Numbers, Values]]

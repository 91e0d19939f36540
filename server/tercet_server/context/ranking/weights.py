"""How much each signal says. Data alone.

Fitted on the histories of 15 projects with the method of `benchmarks.localization_learning` and rounded: those of definitions on
these signals, those of files on a prototype of them; `mentioned` and `BESIDE` are set by hand. See docs/benchmarks.md.
"""

from collections.abc import Mapping

FILE_WEIGHTS: Mapping[str, float] = {
    "definition": 1.5,
    "enclosing": 1.1,
    "file": 1.4,
    "path": 1.2,
    "area": 1.3,
    "identifiers": 1.7,
    "pairs": 0.9,
    "messages": 1.9,
    "lately": 1.6,
    "companions": 0.2,
    "near": 0.9,
    "mentioned": 6.0,
}

DOCUMENT_WEIGHTS: Mapping[str, float] = {
    "definition": 0.0,
    "enclosing": 2.85,
    "name": 0.25,
    "scope": 1.25,
    "share_in_file": 0.15,
    "place_in_file": 1.9,
    "file": 0.6,
    "length": 0.3,
    "kind": 1.6,
}

BESIDE = 2.5
"""What a file of tests, prose or data loses: enough to come after code that fits as well, not to be hidden."""

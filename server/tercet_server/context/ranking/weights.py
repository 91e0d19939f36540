"""How much each signal says. Data alone.

Fitted on the histories of 15 projects with the method of `benchmarks.localization_learning`, on a prototype of these signals, and
rounded; `mentioned`, `kind` and `BESIDE` are set by hand. See docs/benchmarks.md.
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
    "definition": 0.6,
    "enclosing": 1.9,
    "name": 1.2,
    "scope": 1.0,
    "share_in_file": 0.8,
    "place_in_file": 1.6,
    "file": 0.7,
    "length": 0.25,
    "kind": 1.0,
}

BESIDE = 2.5
"""What a file of tests, prose or data loses: enough to come after code that fits as well, not to be hidden."""

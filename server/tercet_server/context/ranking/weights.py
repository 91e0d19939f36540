"""How much each signal says, learnt by `benchmarks.localization_learning` from other projects' histories. Data alone."""

from collections.abc import Mapping

FILE_WEIGHTS: Mapping[str, float] = {
    "definition": 1.5,
    "enclosing": 1.0,
    "file": 1.4,
    "path": 1.0,
    "area": 1.0,
    "identifiers": 1.2,
    "pairs": 0.7,
    "messages": 2.0,
    "lately": 0.5,
    "companions": 0.5,
    "near": 1.2,
    "mentioned": 6.0,
}

DOCUMENT_WEIGHTS: Mapping[str, float] = {
    "definition": 1.0,
    "enclosing": 1.7,
    "name": 1.2,
    "in_file": 2.1,
    "file": 0.65,
    "length": 0.25,
}

BESIDE = 2.5
"""What a file of tests, prose or data loses: enough to come after code that fits as well, not to be hidden."""

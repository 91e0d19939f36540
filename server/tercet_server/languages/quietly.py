"""Python's parser and compiler without the warnings that they print about a text: those are the linters' to tell."""

import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager

_one_at_a_time = threading.Lock()
"""`warnings.catch_warnings` swaps what is the whole process's, and texts are compiled in many threads."""


@contextmanager
def without_warnings() -> Iterator[None]:
    """For short work that holds no other lock: everybody else who reads Python waits for it."""
    with _one_at_a_time, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield

"""Warnings about texts stay silent, and what is the whole process's comes back as it was, however many threads read Python."""

import warnings
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from tercet_server.languages import syntax_errors
from tercet_server.proposers.repair.equivalence import Equivalence
from tercet_server.proposers.repair.module import Module
from tercet_server.refactoring import refactorings
from tercet_shared.edits import line_range

WARNED_OF = 'pattern = "\\\\d"\nfirst = 1 is 1\nsecond = (first, pattern)\n'.replace("\\\\", "\\")
READERS: tuple[Callable[[str], object], ...] = (
    lambda text: syntax_errors("a.py", text),
    lambda text: Equivalence(Module(text)),
    lambda text: refactorings(text, line_range(2)),
)


def test_no_warning_is_told_and_the_filters_are_as_before() -> None:
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        before = list(warnings.filters)
        with ThreadPoolExecutor(16) as threads:
            texts = [f"{WARNED_OF}number = {number}\n" for number in range(150)]
            work = [threads.submit(read, text) for text in texts for read in READERS]
            for each in work:
                each.result()
        after = list(warnings.filters)
    assert after == before
    assert [str(each.message) for each in told] == []

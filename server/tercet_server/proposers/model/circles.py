"""Notices that a model goes round in circles: the same edit, the same question, the same failure again. Pure."""

from collections import Counter
from enum import StrEnum


class Deed(StrEnum):
    """What may be repeated, and how often before it is hopeless."""

    EDIT = "edit"
    """The same edit, which failed before."""
    CALL = "call"
    """The same tool with the same arguments, while the draft has not changed."""
    FAILURE = "failure"
    """Another edit, but the same outcome or the same refusal."""


HOPELESS = {Deed.EDIT: 3, Deed.CALL: 4, Deed.FAILURE: 5}
"""So many times the same thing end the conversation."""


class Circles:
    """Counts what was done. `hopeless` once something was done too often."""

    def __init__(self) -> None:
        self._counts: Counter[tuple[Deed, str]] = Counter()
        self.hopeless = ""
        """What ended it, in a sentence; empty while there is hope."""

    def again(self, deed: Deed, what: str) -> bool:
        """Takes note of it; whether it was done before."""
        self._counts[deed, what] += 1
        count = self._counts[deed, what]
        if count >= HOPELESS[deed]:
            self.hopeless = f"The model repeated the same {deed} {count} times."
        return count > 1

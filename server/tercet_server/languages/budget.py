"""How long a parser may work on a text.

Some texts make a grammar try everything at once, for hours and in gigabytes.
"""

import time

_GRACE_S = 0.3
_SECONDS_PER_BYTE = 4e-6
"""A fiftieth of the usual speed, so that slow but honest texts are read."""


class Budget:
    """Processor time of this thread, from now on, that grows with the headway made. A loaded machine does not shorten it."""

    def __init__(self) -> None:
        self._start = time.thread_time()

    def is_spent(self, offset: int, _has_error: bool = False) -> bool:
        """`offset`: how many bytes have been read. Made to be tree-sitter's progress callback, where True stops it."""
        return time.thread_time() - self._start > _GRACE_S + offset * _SECONDS_PER_BYTE

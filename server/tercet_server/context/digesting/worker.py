"""A process that digests contents: lists of sources come in pickled on its standard input, what they hold goes out the same way.

It ends when its input does, so it never outlives the daemon. Run as `python -m tercet_server.context.digesting.worker`.
"""

import gc
import os
import pickle
import sys

from tercet_server.context.digesting.digest import digest

_NICENESS = 10
"""Whatever the user does meanwhile goes first."""

_MOST_MEMORY_BYTES = 2 * 1024**3
"""Address space; a content that needs more ends the process, and is left out."""


def main() -> None:
    if hasattr(os, "nice"):
        os.nice(_NICENESS)
    _limit_memory()
    gc.freeze()
    gc.set_threshold(20_000, 20, 20)  # what is made here is large, and hardly any of it goes in circles
    given, taken = sys.stdin.buffer, sys.stdout.buffer
    sys.stdout = sys.stderr  # what a library may print must not get in between
    while True:
        try:
            sources = pickle.load(given)  # noqa: S301 - from our own process
        except EOFError:
            return
        pickle.dump(digest(sources), taken, protocol=pickle.HIGHEST_PROTOCOL)
        taken.flush()


def _limit_memory() -> None:
    if sys.platform != "win32":
        import resource  # noqa: PLC0415  # not on Windows

        _soft, hard = resource.getrlimit(resource.RLIMIT_AS)
        most = _MOST_MEMORY_BYTES if hard == resource.RLIM_INFINITY else min(_MOST_MEMORY_BYTES, hard)
        resource.setrlimit(resource.RLIMIT_AS, (most, hard))


if __name__ == "__main__":
    main()

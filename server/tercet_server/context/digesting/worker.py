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


def main() -> None:
    if hasattr(os, "nice"):
        os.nice(_NICENESS)
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


if __name__ == "__main__":
    main()

"""`python -m tercet_server`: the daemon's process, one per user. What it says on stderr, whoever started it finds in the log."""

import asyncio
import logging
import os
import sys
import time
from pathlib import Path

from tercet_shared import discovery
from tercet_shared.daemon_lock import DaemonLock
from tercet_shared.errors import TercetError

LOG = logging.getLogger(__name__)

PREDECESSOR_ENDS_S = 10.0
"""A daemon that was told to stop may hold the lock for a while yet."""

POLL_S = 0.05


def main() -> int:
    """Runs the daemon to its end; 0 also if another one runs already."""
    try:
        home = discovery.home()
        with DaemonLock(home) as lock:
            if _becomes_the_daemon(lock, home):
                _run(home)
    except TercetError as error:
        print(error.sentence, file=sys.stderr)
        return 1
    except Exception as error:
        LOG.exception("the daemon broke down")
        print(f"The daemon broke down: {type(error).__name__}: {error}", file=sys.stderr)
        return 1
    return 0


def _becomes_the_daemon(lock: DaemonLock, home: Path) -> bool:
    """Waits while a predecessor ends; False once another daemon answers."""
    deadline = time.monotonic() + PREDECESSOR_ENDS_S
    while not lock.acquire():
        record = discovery.read_record(home)
        if time.monotonic() > deadline or (record is not None and asyncio.run(discovery.is_live(record))):
            return False
        time.sleep(POLL_S)
    return True


def _run(home: Path) -> None:
    from tercet_server import config  # noqa: PLC0415  # nothing heavy before the lock is held
    from tercet_server.app import lifecycle  # noqa: PLC0415

    settings, problems = config.load(os.environ, config.user_file(os.environ))
    lifecycle.run(settings, problems, home)


if __name__ == "__main__":
    sys.exit(main())

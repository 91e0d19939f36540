"""Serves one request to explore: forks the process that does, relays what it says, and ends it in time."""

from __future__ import annotations

import contextlib
import os
import secrets
import signal
import time
from typing import NoReturn

from ..channel import Message, Receiver, Sender, private_copy
from ..places import Places
from ..warm import Host, wait_readable
from ..warming import Warmth
from . import explorer

GRACE_S = 15.0
"""Beyond the deadline, for the cases that are being repeated."""


def serve(places: Places, host: Host, request: Message, warmth: Warmth) -> None:
    """Answers with what was explored and one `end`."""
    token = secrets.token_hex(8)
    read, write = os.pipe()
    pid = os.fork()
    if pid == 0:
        os.close(read)
        _become_explorer(places, host, request, warmth, write, token)
    os.close(write)
    receiver = Receiver(read, token)
    until = time.monotonic() + float(request["deadline_s"]) + GRACE_S
    explored = False
    while not (explored or receiver.closed or host.cancelled(request)) and time.monotonic() < until:
        if wait_readable([receiver.descriptor], 0.1):
            for message in receiver.read():
                explored = explored or message.get("kind") == "explored"
                host.send({"id": request["id"], "kind": "explored", "said": message})
        if wait_readable([host.receiver.descriptor], 0):
            host.poll()
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(pid, signal.SIGKILL)
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)
    os.waitpid(pid, 0)
    os.close(read)
    host.send(
        {
            "id": request["id"],
            "kind": "end",
            "exit_code": 0,
            "not_run": [],
            "complete": explored,
            "output": "",
            "modules": [],
        }
    )


def _become_explorer(places: Places, host: Host, request: Message, warmth: Warmth, write: int, token: str) -> NoReturn:
    try:
        os.setpgid(0, 0)
        host.close()
        null = os.open(os.devnull, os.O_WRONLY)
        os.dup2(null, 2)
        sender = Sender(private_copy(write), token)
        os.close(write)
        explorer.run(places, request, warmth, sender)
    finally:
        os._exit(1)

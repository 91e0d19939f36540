"""The warm process: holds pytest and third-party modules, forks a fresh test process per request, and never imports the workspace.

Requests (from the host): `run`, `collect`, `cancel`. Answers: `hello` once, then per request `started`, `result`,
`collection_error`, `items` and one `end`; each carries the request's `id`.
"""

from __future__ import annotations

import gc
import os
import platform
import select
import sys

from .channel import Message, Receiver, Sender, private_copy
from .places import Places


class Host:
    """The link to the host. Requests that arrive while another is served wait, but a cancel is seen at once."""

    def __init__(self) -> None:
        incoming, outgoing = private_copy(0), private_copy(1)
        null = os.open(os.devnull, os.O_RDWR)
        os.dup2(null, 0)
        os.dup2(null, 1)
        self.receiver = Receiver(incoming)
        self._sender = Sender(outgoing)
        self._waiting: list[Message] = []
        self._cancelled = ""

    def send(self, message: Message) -> None:
        self._sender.owner = os.getpid()  # a fork may have taken over
        self._sender.send(message)

    def next_request(self) -> Message:
        """Blocks until there is one; ends the process when the host is gone."""
        while not self._waiting:
            self.poll()
        return self._waiting.pop(0)

    def poll(self) -> None:
        """Takes in what has arrived."""
        for message in self.receiver.read():
            if message.get("op") == "cancel":
                self._cancelled = str(message.get("id"))
            else:
                self._waiting.append(message)
        if self.receiver.closed:
            os._exit(0)

    def cancelled(self, request: Message) -> bool:
        return self._cancelled == request.get("id")

    def close(self) -> None:
        """In a forked process: it has no business with the host."""
        os.close(self.receiver.descriptor)
        os.close(self._sender.descriptor)


def main(root: str, original: str) -> None:
    """Serves until the host closes stdin."""
    places = Places(root, original)
    host = Host()
    os.chdir(places.root)
    moved = _leave_original(places)
    try:
        import pytest  # noqa: PLC0415  # the answer if it is missing
    except ImportError as error:
        host.send({"kind": "hello", "error": str(error), "python": platform.python_version()})
        return
    from .serving import Server  # noqa: PLC0415  # needs pytest

    server = Server(places, host)
    host.send(
        {"kind": "hello", "python": platform.python_version(), "pytest": pytest.__version__, "import_paths": moved}
    )
    gc.collect()
    gc.freeze()
    while True:
        server.serve(host.next_request())


def _leave_original(places: Places) -> list[str]:
    """Where the copy stands elsewhere, editable installs would import the original: their paths are led to the copy."""
    moved: list[str] = []
    for place, entry in enumerate(sys.path):
        path, changed = places.moved(os.path.realpath(entry) if entry else entry)
        if changed:
            sys.path[place] = path
            moved.append(path)
    for finder in sys.meta_path:
        mapping = getattr(sys.modules.get(getattr(finder, "__module__", "")), "MAPPING", None)
        if isinstance(mapping, dict):
            for name, location in list(mapping.items()):
                path, changed = places.moved(os.path.realpath(str(location)))
                if changed:
                    mapping[name] = path
                    moved.append(os.path.dirname(path))
    return moved


def wait_readable(descriptors: list[int], timeout_s: float) -> list[int]:
    return select.select(descriptors, [], [], max(0.0, timeout_s))[0]

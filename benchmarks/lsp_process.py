"""A language server as a process to be timed: whole messages in and out, each answer with the moment it came."""

import json
import queue
import subprocess
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import psutil

ANSWER_S = 60.0

CAPABILITIES = {
    "textDocument": {
        "codeAction": {
            "codeActionLiteralSupport": {"codeActionKind": {"valueSet": ["quickfix"]}},
            "resolveSupport": {"properties": ["edit"]},
            "dataSupport": True,
        },
        "publishDiagnostics": {"relatedInformation": True, "dataSupport": True},
        "hover": {"contentFormat": ["markdown"]},
    },
    "window": {"workDoneProgress": True},
    "workspace": {"applyEdit": True, "workspaceEdit": {"documentChanges": True}, "workspaceFolders": True},
}


class ServerProcess:
    """One server for one folder. `notices` are the notifications that came, with their moments, oldest first."""

    def __init__(self, command: Sequence[str], environment: Mapping[str, str], root: Path) -> None:
        self._started = time.perf_counter()
        self._process = subprocess.Popen(
            list(command),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=dict(environment),
            cwd=root,
        )
        self.command = tuple(command)
        self._root = root
        self._next_id = 0
        self._answers: dict[int, queue.SimpleQueue[tuple[float, Any]]] = {}
        self._noticed = threading.Condition()
        self.notices: list[tuple[float, str, Any]] = []
        threading.Thread(target=self._read, daemon=True).start()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with suppress(OSError, queue.Empty):
            self.ask("shutdown", None, wait_s=5)
            self.tell("exit", None)
        try:
            self._process.wait(5)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def initialize(self, options: Any = None) -> float:
        """Milliseconds from the process's start to the answer."""
        folder = {"uri": self._root.as_uri(), "name": self._root.name}
        params = {
            "processId": None,
            "rootUri": folder["uri"],
            "workspaceFolders": [folder],
            "capabilities": CAPABILITIES,
            "initializationOptions": options,
        }
        _, arrived, _ = self._ask("initialize", params, ANSWER_S)
        return (arrived - self._started) * 1000

    def ask(self, method: str, params: Any, wait_s: float = ANSWER_S) -> tuple[float, Any]:
        """Milliseconds from the request to its answer, and the result."""
        asked, arrived, result = self._ask(method, params, wait_s)
        return (arrived - asked) * 1000, result

    def tell(self, method: str, params: Any) -> float:
        """Sends a notification; the moment when it was sent."""
        self._send({"jsonrpc": "2.0", "method": method, "params": params})
        return time.perf_counter()

    def await_notice(self, since: float, wanted: Callable[[str, Any], bool], wait_s: float = ANSWER_S) -> float:
        """Milliseconds from `since` to the first such notification. Raises TimeoutError, with what came instead."""

        def found() -> float | None:
            return next((at for at, method, params in self.notices if at >= since and wanted(method, params)), None)

        with self._noticed:
            self._noticed.wait_for(lambda: found() is not None, wait_s)
            arrived = found()
        if arrived is None:
            came = [f"{method} {json.dumps(params)[:300]}" for at, method, params in self.notices if at >= since]
            raise TimeoutError("\n".join(["not notified in time; what came instead:", *came[-20:]]))
        return (arrived - since) * 1000

    def rss_mb(self) -> float:
        return float(psutil.Process(self._process.pid).memory_info().rss / 1e6)

    # -- parts --------------------------------------------------------------------------------------------------------

    def _ask(self, method: str, params: Any, wait_s: float) -> tuple[float, float, Any]:
        self._next_id += 1
        request_id = self._next_id
        self._answers[request_id] = queue.SimpleQueue()
        asked = time.perf_counter()
        self._send({"jsonrpc": "2.0", "id": request_id, "method": method, "params": params})
        arrived, answer = self._answers[request_id].get(timeout=wait_s)
        if "error" in answer:
            raise RuntimeError(answer["error"]["message"])
        return asked, arrived, answer.get("result")

    def _send(self, message: Any) -> None:
        body = json.dumps(message).encode()
        assert self._process.stdin is not None
        self._process.stdin.write(b"Content-Length: %d\r\n\r\n" % len(body) + body)
        self._process.stdin.flush()

    def _read(self) -> None:
        stdout = self._process.stdout
        assert stdout is not None
        length = 0
        while header := stdout.readline():
            if header.lower().startswith(b"content-length:"):
                length = int(header.split(b":")[1])
            elif header == b"\r\n":
                self._take(json.loads(stdout.read(length)), time.perf_counter())

    def _take(self, message: Any, arrived: float) -> None:
        if "method" not in message:
            self._answers[message["id"]].put((arrived, message))
        elif "id" in message:
            with suppress(OSError):
                self._send({"jsonrpc": "2.0", "id": message["id"], "result": None})
        else:
            with self._noticed:
                self.notices.append((arrived, message["method"], message["params"]))
                self._noticed.notify_all()

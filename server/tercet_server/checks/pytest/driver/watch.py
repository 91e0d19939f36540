"""Watches one test process: relays what it reports, and kills it when a test or the import of one takes too long."""

from __future__ import annotations

import contextlib
import os
import secrets
import signal
import time
from typing import NoReturn

from . import failures, trial
from .channel import Message, Receiver, Sender, private_copy
from .places import Places
from .warm import Host, wait_readable
from .warming import Warmth

_GRACE_S = 0.4
"""For a hanging test process to tell where it hangs."""
_FAILING = ("failed", "error", "timeout")


class Watch:
    """After `run`: what was answered, and how the process ended."""

    def __init__(self, places: Places, host: Host, request: Message, warmth: Warmth) -> None:
        self._places = places
        self._host = host
        self._request = request
        self._token = secrets.token_hex(8)
        self.items: list[str] | None = None
        self.complete = False
        """Whether `items` are all there are to collect, but for the files of `collection_errors`."""
        self.answered: set[str] = set()
        self.modules: list[list[str]] = []
        self.collection_errors: dict[str, Message] = {}
        self.exit_code = -1
        self.output = ""
        self.stopped = False
        """By a failure, a cancel or the deadline: nothing more is to be run."""
        self.collected_in_s: float | None = None
        self.stack: list[failures.Frame] = []
        self._current = ""
        self._collecting = ""
        self._started = time.monotonic()
        self._done = False
        self._status: int | None = None
        self._hung: Message = {}
        self._start(warmth)

    # -- the process

    def _start(self, warmth: Warmth) -> None:
        read, write = os.pipe()
        crash_read, crash_write = os.pipe()
        os.set_blocking(crash_read, False)
        request = {**self._request, "modules": warmth.cold}
        self._pid = os.fork()
        if self._pid == 0:
            self._become_trial(request, warmth, write, crash_write)
        os.close(write)
        os.close(crash_write)
        self._crash = crash_read
        self._receiver = Receiver(read, self._token)

    def _become_trial(self, request: Message, warmth: Warmth, write: int, crash_write: int) -> NoReturn:
        try:
            os.setpgid(0, 0)
            self._host.close()
            null = os.open(os.devnull, os.O_WRONLY)
            os.dup2(null, 2)
            sender = Sender(private_copy(write), self._token)
            crash = private_copy(crash_write)
            for each in (null, write, crash_write):
                os.close(each)
            trial.run(self._places, request, warmth, sender, crash)
        finally:
            os._exit(1)

    def run(self, deadline: float, collect_s: float) -> None:
        """Until the process is done, dead or killed; `deadline` is a time of the monotonic clock."""
        self._limit = min(deadline, time.monotonic() + collect_s + float(self._request["per_test_s"]))
        self._deadline = deadline
        try:
            while not (self._done or self.stopped or self._receiver.closed or self._exited()):
                self._step()
        finally:
            self._end()

    def _step(self) -> None:
        now = time.monotonic()
        if now >= self._limit:
            self._give_up(now)
            return
        ready = wait_readable([self._receiver.descriptor, self._host.receiver.descriptor], min(self._limit - now, 0.1))
        if self._receiver.descriptor in ready:
            self._take_in()
        if self._host.receiver.descriptor in ready:
            self._host.poll()
            self.stopped = self.stopped or self._host.cancelled(self._request)

    def _take_in(self) -> None:
        for message in self._receiver.read():
            if not self.stopped:
                self._take(message)

    def _exited(self) -> bool:
        """True once the process is gone, even where one that it forked holds the pipe open."""
        if self._status is None:
            pid, status = os.waitpid(self._pid, os.WNOHANG)
            if pid:
                self._status = status
                while wait_readable([self._receiver.descriptor], 0) and not self._receiver.closed:
                    self._take_in()
        return self._status is not None

    def _end(self) -> None:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self._pid, signal.SIGKILL)
        if self._status is None:
            os.kill(self._pid, signal.SIGKILL) if not self._done else None
            self._status = os.waitpid(self._pid, 0)[1]
        self.stack = failures.crash_stack(self._places, self._crash_text())
        os.close(self._crash)
        os.close(self._receiver.descriptor)

    def _crash_text(self) -> str:
        try:
            return os.read(self._crash, 1 << 16).decode("utf-8", "replace")
        except BlockingIOError:
            return ""

    # -- what it says

    def _take(self, message: Message) -> None:
        handler = getattr(self, "_on_" + str(message.get("kind")), None)
        if handler is not None:
            handler(message)

    def _on_collecting(self, message: Message) -> None:
        self._collecting = message["path"]

    def _on_collection_error(self, message: Message) -> None:
        self.collection_errors[message["test"]] = message
        self._relay(message)

    def _on_items(self, message: Message) -> None:
        self.items = list(message["tests"])
        self.complete = bool(message["complete"])
        self.collected_in_s = time.monotonic() - self._started if self.complete else None
        self._allow(10.0)
        self.modules = message["modules"]
        self._relay({**message, "modules": []})

    def _on_started(self, message: Message) -> None:
        self._current = message["test"]
        self._allow(float(self._request["per_test_s"]))
        self._relay(message)

    def _on_result(self, message: Message) -> None:
        self._current = ""
        self.answered.add(message["test"])
        self._allow(10.0)
        self._relay(message)
        if self._request.get("stop_at_failure") and message["outcome"] in _FAILING:
            self.stopped = True

    def _on_hung(self, message: Message) -> None:
        self._hung = message

    def _on_done(self, message: Message) -> None:
        self._done = True
        self.exit_code, self.output = message["exit_code"], message["output"]
        self.modules = message["modules"] or self.modules

    def _allow(self, seconds: float) -> None:
        self._limit = min(self._deadline, time.monotonic() + seconds)

    def _relay(self, message: Message) -> None:
        self._host.send({**message, "id": self._request["id"]})

    # -- when it says nothing

    def _give_up(self, now: float) -> None:
        if self.items is not None and not self._current:
            self._done = self.answered.issuperset(self.items)  # only its clean-up hangs
        if self._current and now < self._deadline:
            self._ask_where()
            self._timeout(self._current, float(self._request["per_test_s"]))
            self._current = ""
        self.stopped = self.stopped or now >= self._deadline
        self._receiver.closed = True

    def _ask_where(self) -> None:
        os.kill(self._pid, trial.FLUSH_SIGNAL)
        until = time.monotonic() + _GRACE_S
        while not self._hung and time.monotonic() < until and not self._receiver.closed:
            if wait_readable([self._receiver.descriptor], until - time.monotonic()):
                for message in self._receiver.read():
                    if message.get("kind") == "hung":
                        self._hung = message

    def _timeout(self, test: str, seconds: float) -> None:
        self.answered.add(test)
        self._relay(
            {
                "kind": "result",
                "test": test,
                "outcome": "timeout",
                "duration_s": seconds,
                "message": f"still running after {seconds:.3g} s, so it was stopped",
                "report": "",
                "frames": self._hung.get("frames", []),
                "covered": self._hung.get("covered", {}),
            }
        )
        if self._request.get("stop_at_failure"):
            self.stopped = True

    def lost_tests(self, pending: list[str]) -> dict[str, str]:
        """Those of `pending` that another process need not try, with the reason."""
        if self.items is None:
            culprit = self._collecting
            broken = {test for test in pending if culprit and test.split("::", 1)[0] == culprit}
            reason = f"while importing {culprit} {self.ending()}"
            self._report_broken(culprit, reason) if broken else None
            return dict.fromkeys(broken, reason)
        known = set(self.items)
        lost = {test: "there is no such test" for test in pending if test not in known}
        if self._current:
            lost[self._current] = "the test ended pytest itself" if self._done else self.ending()
        return lost

    def broken_import(self) -> str:
        """The file whose import kept the rest from being collected, once reported; "" if there is none."""
        if self.complete or self.stopped or (self._done and self.exit_code in trial.BROKEN):
            return ""
        if not self._collecting:
            return ""
        self._report_broken(self._collecting, f"while importing {self._collecting} {self.ending()}")
        return self._collecting

    def _report_broken(self, path: str, reason: str) -> None:
        error = {
            "kind": "collection_error",
            "test": path,
            "outcome": "error" if self._status_signal() != signal.SIGKILL else "timeout",
            "duration_s": time.monotonic() - self._started,
            "message": reason,
            "report": "",
            "frames": failures.as_json(self.stack),
        }
        self.collection_errors[path] = error
        self._relay(error)

    def _status_signal(self) -> int:
        return os.WTERMSIG(self._status) if self._status is not None and os.WIFSIGNALED(self._status) else 0

    def ending(self) -> str:
        """A sentence on how the process came to its end."""
        number = self._status_signal()
        if number == signal.SIGKILL:
            return "the test process was stopped because it took too long or used too much memory"
        if number:
            return f"the test process crashed with {signal.Signals(number).name}"
        if not self._done and self._status is not None:
            return f"the test process ended itself with exit code {os.WEXITSTATUS(self._status)}"
        detail = self.output.strip().splitlines()
        return "pytest ended before it ran the test" + (": " + detail[-1][:300] if detail else "")

"""The gate that holds a command back is not closed, and its number not given away, while a thread still opens it."""

import os
import threading

import pytest
from tercet_server.config import SandboxSettings
from tercet_server.ports import Jail, Limits
from tercet_server.sandbox import bubblewrap, choosing
from tercet_server.sandbox.namespaces import Namespaces
from tercet_server.sandbox.watchdog import Watchdog
from tercet_shared.errors import SandboxFailed, SandboxUnavailable


async def test_a_late_opening_meets_its_own_gate(jail: Jail, monkeypatch: pytest.MonkeyPatch):
    try:
        sandbox = await choosing._bubblewrap(Watchdog(), SandboxSettings())
    except SandboxUnavailable as error:
        pytest.skip(error.sentence)
    same: list[bool] = []
    open_gate = Namespaces._open_gate

    def late(tree: Namespaces, first_pid: int, gate: int) -> None:
        before = os.fstat(gate).st_ino
        threading.Event().wait(0.8)  # longer than the start may take
        try:
            same.append(os.fstat(gate).st_ino == before)
        except OSError:
            same.append(False)
            return
        open_gate(tree, first_pid, gate)

    monkeypatch.setattr(Namespaces, "_open_gate", late)
    monkeypatch.setattr(bubblewrap, "START_S", 0.4)
    with pytest.raises(SandboxFailed, match="in time"):
        await sandbox.run(jail, ["/bin/true"], Limits())
    assert same == [True]

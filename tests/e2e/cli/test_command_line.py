"""A person at a terminal: `tercet` as a process, the real daemon that it starts, a project with one failing test."""

import json
import os
import pty
import re
import select
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pytest

from tests.e2e.journey import BROKEN_SHOP, FIXED_LINE

TERCET = str(Path(sys.executable).with_name("tercet"))
DEADLINE_S = 90

pytestmark = pytest.mark.timeout(180)

Command = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture
def shop(project: Callable[[Mapping[str, str | bytes]], Path]) -> Path:
    return project(BROKEN_SHOP)


@pytest.fixture
def tercet(tercet_home: Path, shop: Path) -> Iterator[Command]:
    """Runs the command in the shop; the daemon that it started is stopped afterwards."""

    def call(*arguments: str, cwd: Path | None = None) -> "subprocess.CompletedProcess[str]":
        return subprocess.run(
            [TERCET, *arguments],
            cwd=cwd or shop,
            capture_output=True,
            text=True,
            check=False,
            timeout=DEADLINE_S,
            stdin=subprocess.DEVNULL,
        )

    yield call
    call("daemon", "stop")


def tree(root: Path) -> dict[str, bytes]:
    return {path.relative_to(root).as_posix(): path.read_bytes() for path in root.rglob("*") if path.is_file()}


@pytest.mark.must_have(reason="the way that must work")
def test_fix_show_apply_and_undo(tercet: Command, shop: Path):
    before = tree(shop)
    fixed = tercet("fix", "--trust")
    assert fixed.returncode == 0, fixed.stdout + fixed.stderr
    assert f"+{FIXED_LINE.rstrip()}" in fixed.stdout
    assert "Verified" in fixed.stdout
    assert tree(shop) == before, "a proposal touches nothing, and a proof leaves nothing behind"

    shown = json.loads(tercet("show", "last", "--json").stdout)
    assert shown["run"]["state"] == "proposed"
    assert shown["proposal"]["evidence"]["verified"]
    assert shown["run"]["id"] in tercet("runs").stdout

    assert tercet("apply", shown["run"]["id"][:8]).returncode == 0
    after = tree(shop)
    assert {path for path in after if after[path] != before.get(path)} == {"shop/discount.py"}
    assert FIXED_LINE in after["shop/discount.py"].decode()
    assert tercet("apply", "last").returncode == 4

    assert tercet("undo", "last").returncode == 0
    assert tree(shop) == before


def test_nothing_runs_before_it_is_trusted(tercet: Command, shop: Path):
    (shop / "conftest.py").write_text("import pathlib; pathlib.Path(__file__).with_name('ran').touch()\n")
    refused = tercet("fix")
    assert refused.returncode == 3
    assert "tercet trust" in refused.stderr
    assert not (shop / "ran").exists()


def test_fix_apply_in_one_go_for_a_program(tercet: Command, shop: Path):
    done = tercet("fix", "tests/test_cart.py", "--apply", "--yes", "--json")
    assert done.returncode == 0, done.stdout + done.stderr
    assert json.loads(done.stdout)["proposal"]["state"] == "applied"
    assert done.stderr == ""
    again = tercet("fix", "--json")
    assert again.returncode == 0
    assert json.loads(again.stdout)["run"]["state"] == "completed"


def test_a_plan_waits_is_changed_and_approved_and_the_command_stays_to_the_end(tercet: Command):
    waiting = tercet("fix", "--plan", "--trust")
    assert waiting.returncode == 0, waiting.stdout + waiting.stderr
    assert "tercet approve" in waiting.stdout
    told = tercet("steer", "last", "Keep it short.")
    assert "The plan waits" in told.stdout, told.stdout + told.stderr
    done = tercet("approve", "last", "--json")
    run = json.loads(done.stdout)["run"]
    assert (run["state"], run["round"], run["instructions"]) == ("proposed", 2, "Keep it short.")


def test_review_lists_the_failing_test(tercet: Command):
    reviewed = tercet("review", "--trust")
    assert reviewed.returncode == 1, reviewed.stdout + reviewed.stderr
    assert "tests/test_cart.py:" in reviewed.stdout


def test_a_project_without_tests_says_what_to_do(tercet: Command, project: Callable[..., Path]):
    empty = project({"pyproject.toml": "", "a.py": "x = 1\n"}, name="empty")
    refused = tercet("fix", "--trust", cwd=empty)
    assert refused.returncode == 6, refused.stdout + refused.stderr
    assert "test" in refused.stdout + refused.stderr


def test_the_daemon_can_be_looked_after(tercet: Command):
    assert tercet("daemon", "status").returncode == 5
    assert tercet("daemon", "start").returncode == 0
    status = json.loads(tercet("daemon", "status", "--json").stdout)
    assert status["running"]
    assert json.loads(tercet("doctor", "--json").stdout)["diagnoses"]
    assert tercet("daemon", "logs").returncode == 0
    assert tercet("daemon", "stop").returncode == 0
    assert tercet("daemon", "status").returncode == 5


def test_ctrl_c_cancels_the_run(tercet: Command, shop: Path):
    (shop / "tests" / "test_hang.py").write_text("import time\n\ndef test_hang():\n    time.sleep(600)\n")
    assert tercet("trust").returncode == 0
    process = subprocess.Popen(
        [TERCET, "fix"], cwd=shop, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True
    )
    assert process.stderr is not None
    while "Planning" not in (line := process.stderr.readline()):
        assert line, "the run ended before it was interrupted"
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=30)
    assert process.returncode == 130
    assert json.loads(tercet("show", "last", "--json").stdout)["run"]["state"] == "cancelled"


class TerminalSession:
    """The command on a pseudo-terminal, with a person who reads and types."""

    def __init__(self, arguments: list[str], cwd: Path, **environment: str) -> None:
        self.pid, self._terminal = pty.fork()
        if self.pid == 0:
            os.chdir(cwd)
            os.execve(TERCET, ["tercet", *arguments], {**os.environ, "TERM": "xterm-256color", **environment})
        self.seen = ""

    def read_until(self, text: str) -> None:
        deadline = time.monotonic() + DEADLINE_S
        while text not in self.seen:
            assert time.monotonic() < deadline, self.seen
            if not self._read(1.0):
                raise AssertionError(f"ended without {text!r}: {self.seen}")

    def type(self, text: str) -> None:
        os.write(self._terminal, text.encode())

    def end(self) -> int:
        while self._read(float(DEADLINE_S)):
            pass
        return os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])

    def _read(self, timeout_s: float) -> bool:
        if not select.select([self._terminal], [], [], timeout_s)[0]:
            return True
        try:
            part = os.read(self._terminal, 65536)
        except OSError:  # how Linux says that the other side has closed
            return False
        self.seen += part.decode("utf-8", "replace")
        return bool(part)


def test_a_terminal_asks_once_and_shows_colours(tercet: Command, shop: Path):
    first = TerminalSession(["fix"], shop)
    first.read_until("Do you trust the code in this folder?")
    first.type("y\n")
    assert first.end() == 0, first.seen
    assert re.search(r"\x1b\[[0-9;]*32m\+ +if quantity >= 10:", first.seen)
    second = TerminalSession(["show", "last"], shop, NO_COLOR="1", COLUMNS="40")
    assert second.end() == 0
    assert "if quantity >= 10:" in second.seen
    assert "\x1b[32m" not in second.seen
    assert max(len(line) for line in second.seen.splitlines() if "│" in line or "passed" in line) <= 40


@pytest.mark.parametrize(
    ("answer", "exit_code"), [("\n", 3), ("\x04", 3), ("\x03", 130)], ids=["return", "end", "ctrl-c"]
)
def test_anything_but_yes_runs_nothing(tercet: Command, shop: Path, answer: str, exit_code: int):
    session = TerminalSession(["fix"], shop)
    session.read_until("Do you trust")
    session.type(answer)
    assert session.end() == exit_code, session.seen
    assert "Traceback" not in session.seen


def test_works_in_a_folder_whose_name_needs_care(tercet: Command, shop: Path, tmp_path: Path):
    odd = tmp_path / "a b; 'ü'"
    shutil.copytree(shop, odd)
    done = tercet("fix", "--trust", "--json", cwd=odd)
    assert json.loads(done.stdout)["run"]["state"] == "proposed", done.stdout + done.stderr

"""The log as its reader meets it: JSON lines, private, bounded, and without secrets."""

import json
import logging
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from tercet_server.telemetry import LogFile, logs

TOKEN = "tQ3mC0fXbL8sYw"


@pytest.fixture(autouse=True)
def _own_logging() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level = list(root.handlers), root.level
    yield
    root.handlers[:] = handlers
    root.setLevel(level)


def lines(path: Path) -> list[dict]:
    return [json.loads(line) for line in path.read_text("utf-8").splitlines()]


def test_a_record_is_a_json_line_with_time_level_and_place(tmp_path: Path):
    with LogFile(tmp_path / "daemon.log", "info"):
        logging.getLogger("tercet.x").info("run %s began", "r1")
        logging.getLogger("tercet.y").warning("slow", extra={"seconds": 3, "path": "a.py"})
        logging.getLogger("tercet.x").debug("too small a thing")
    first, second = lines(tmp_path / "daemon.log")
    assert (first["event"], first["level"], first["logger"]) == ("run r1 began", "info", "tercet.x")
    assert (second["event"], second["seconds"], second["path"]) == ("slow", 3, "a.py")
    assert first["at"].endswith("+00:00")


def test_an_exception_is_written_with_its_traceback(tmp_path: Path):
    with LogFile(tmp_path / "daemon.log", "info"):
        try:
            raise ZeroDivisionError("by nothing")
        except ZeroDivisionError:
            logging.getLogger("tercet").exception("it broke")
    assert "ZeroDivisionError: by nothing" in lines(tmp_path / "daemon.log")[0]["exception"]


@pytest.mark.parametrize(
    "secret",
    [
        f"the token is {TOKEN}",
        f"Authorization: Bearer x{TOKEN}",
        f"api_key={TOKEN[::-1]}",
        f'"password": "{TOKEN[::-1]}"',
        f"https://user:{TOKEN[::-1]}@host/path",
    ],
)
def test_no_secret_is_written(tmp_path: Path, secret: str):
    with LogFile(tmp_path / "daemon.log", "info", secrets=[TOKEN]):
        logging.getLogger("tercet").info("message %s", secret)
        logging.info("event", extra={"detail": {"inner": [secret]}, "token": "anything", "error": ValueError(secret)})
        try:
            raise ValueError(secret)
        except ValueError:
            logging.getLogger("tercet").exception("broke")
    written = (tmp_path / "daemon.log").read_text()
    assert TOKEN not in written
    assert TOKEN[::-1] not in written
    assert "anything" not in written
    assert "[redacted]" in written


def test_the_log_is_private_and_never_grows_past_its_cap(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(logs, "MAX_FILE_BYTES", 10_000)
    with LogFile(tmp_path / "daemon.log", "info"):
        for number in range(1000):
            logging.getLogger("tercet").info("line %d %s", number, "x" * 100)
    files = sorted(tmp_path.iterdir())
    assert len(files) == 1 + logs.KEPT_FILES
    assert all(file.stat().st_size <= 10_000 for file in files)
    assert {stat.S_IMODE(file.stat().st_mode) for file in files} == {0o600}
    assert "line 999" in (tmp_path / "daemon.log").read_text()


def test_what_renders_the_log_is_not_loaded_before_there_is_something_to_write(tmp_path: Path):
    code = "import sys; from tercet_server.app import lifecycle; print('structlog' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "False\n"


def test_a_flood_in_one_value_is_cut(tmp_path: Path):
    with LogFile(tmp_path / "daemon.log", "info"):
        logging.getLogger("tercet").info("%s", "x" * 1_000_000)
    assert lines(tmp_path / "daemon.log")[0]["event"].endswith("characters more)")

"""The edge of the process: usage, faults, closed pipes, and the time until `--help` answers."""

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest
from tercet_server.cli import daemon as daemon_commands
from tercet_server.cli import history
from tercet_server.cli.main import main
from tercet_shared.discovery import installed_version

TERCET = str(Path(sys.executable).with_name("tercet"))


def test_version(tercet):
    assert tercet("--version").out.strip() == f"tercet {installed_version()}"


@pytest.mark.parametrize("arguments", [["nonsense"], ["fix", "--nonsense"], ["show"], ["runs", "-n", "0"]])
def test_wrong_usage_is_a_sentence_or_a_problem(tercet, arguments: list[str]):
    result = tercet(*arguments)
    assert result.exit_code == 2
    assert "tercet --help" in result.err
    assert "Traceback" not in result.err
    assert json.loads(tercet(*arguments, "--json").out)["code"] == "invalid_request"


def test_a_fault_of_our_own_ends_in_a_sentence(tercet, monkeypatch: pytest.MonkeyPatch):
    async def broken(*_: object) -> int:
        raise ZeroDivisionError("by zero")

    monkeypatch.setattr(history, "list_runs", broken)
    monkeypatch.delenv("TERCET_DEBUG", raising=False)
    result = tercet("runs")
    assert result.exit_code == 1
    assert "ZeroDivisionError: by zero" in result.err
    assert "Traceback" not in result.err
    monkeypatch.setenv("TERCET_DEBUG", "1")
    monkeypatch.setattr(sys, "argv", ["tercet", "runs"])
    with pytest.raises(ZeroDivisionError):
        main()


def test_ctrl_c_is_130(tercet, monkeypatch: pytest.MonkeyPatch):
    async def interrupted(*_: object) -> int:
        raise KeyboardInterrupt

    monkeypatch.setattr(daemon_commands, "logs", interrupted)
    assert tercet("daemon", "logs", "-f").exit_code == 130


def test_a_reader_that_goes_away_leaves_no_traceback(tercet_home: Path):
    (tercet_home / "daemon.log").write_text("line\n" * 100_000)
    environment = {**os.environ, "TERCET_HOME": str(tercet_home)}
    reading, writing = os.pipe()
    process = subprocess.Popen(
        [TERCET, "daemon", "logs", "-n", "100000"], stdout=writing, stderr=subprocess.PIPE, env=environment
    )
    os.close(writing)
    os.read(reading, 10)
    os.close(reading)
    _, complaints = process.communicate(timeout=30)
    assert complaints == b""
    assert process.returncode == 141


def test_lsp_becomes_the_language_server(monkeypatch: pytest.MonkeyPatch, tercet):
    became: list[list[str]] = []

    def exec_instead(path: str, arguments: list[str]) -> None:
        became.append(arguments)

    monkeypatch.setattr(os, "execv", exec_instead)
    assert tercet("lsp").exit_code == 0
    assert became[0][-2:] == ["-m", "tercet_lsp"]


def test_help_imports_nothing_heavy():
    program = (
        "import sys, tercet_server.cli.main; print([m for m in ('pydantic', 'httpx', 'rich.live') if m in sys.modules])"
    )
    assert (
        subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout.strip()
        == "[]"
    )
    started = time.monotonic()
    subprocess.run([TERCET, "--help"], capture_output=True, check=True)
    assert time.monotonic() - started < 10, "the figure is 0.15 s; this only catches a hang"


def test_a_narrow_encoding_loses_a_character_and_not_the_command(tercet_home: Path):
    (tercet_home / "daemon.log").write_text("grün \u202e✓\n", "utf-8")
    environment = {**os.environ, "TERCET_HOME": str(tercet_home), "PYTHONIOENCODING": "ascii"}
    shown = subprocess.run([TERCET, "daemon", "logs"], capture_output=True, text=True, check=True, env=environment)
    assert shown.stdout == "gr?n ??\n"

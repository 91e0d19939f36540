"""What holds for every test: its own Tercet home, no blocked event loop, and in CI no must-have test is skipped."""

import os
import shutil
import tempfile
from collections.abc import Generator, Iterator
from pathlib import Path

import coverage
import pytest
import tercet_lsp
import tercet_server
import tercet_shared
from blockbuster import blockbuster_ctx
from hypothesis import HealthCheck, settings

from tests.docker_engine import private_engine

settings.register_profile("unhurried", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("unhurried")  # a busy machine makes no test fail


@pytest.fixture(scope="session", autouse=True)
def _never_the_users_own_daemon() -> Iterator[None]:
    """No test may find, start or stop the daemon of the person who runs the tests."""
    with pytest.MonkeyPatch.context() as patch:
        home = tempfile.mkdtemp(prefix="tercet-test-")
        patch.setenv("TERCET_HOME", home)
        for name in ("NO_COLOR", "FORCE_COLOR", "COLUMNS", "TERCET_CONFIG"):
            patch.delenv(name, raising=False)
        yield
        shutil.rmtree(home, ignore_errors=True)


@pytest.fixture
def tercet_home(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A Tercet home for one test, as TERCET_HOME. Its path is short: a Unix socket's may have 107 bytes at most."""
    home = Path(tempfile.mkdtemp(prefix="tercet-"))
    monkeypatch.setenv("TERCET_HOME", str(home))
    yield home
    shutil.rmtree(home, ignore_errors=True)


@pytest.fixture(scope="session", autouse=True)
def _event_loop_never_blocks() -> Iterator[None]:
    """A call that blocks the event loop, made from our own code, fails the test (threads are free to block)."""
    with blockbuster_ctx([tercet_shared, tercet_lsp, tercet_server], excluded_modules=["tercet_server.cli"]) as watch:
        for function in watch.functions.values():
            function.can_block_in("models/vendor_loop.py", {"_serve"})  # a loop in a thread, for libraries that block
            function.can_block_in("coverage/collector.py", {"lock_data"})  # the measurement itself, for an instant
        yield


@pytest.fixture(scope="session")
def docker_host() -> Iterator[str]:
    """The address of a Docker engine of the tests' own, with an image; one for the whole session."""
    with private_engine() as host:
        yield host


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish() -> None:
    """A worker of the suite stores what it has measured while it is waited for: soon afterwards it is killed."""
    measured = coverage.Coverage.current()
    if "PYTEST_XDIST_WORKER" in os.environ and measured is not None:
        measured.save()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    must_have = item.get_closest_marker("must_have")
    if report.skipped and must_have is not None and os.environ.get("CI") and not hasattr(report, "wasxfail"):
        report.outcome = "failed"
        report.longrepr = (
            f"skipped, but a must-have test in CI ({must_have.args or must_have.kwargs}): {report.longrepr}"
        )
    return report

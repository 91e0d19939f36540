"""What surrounds the tests: plugins, warnings as errors, editable installs, interpreters, and what is left at the end."""

import sys
import venv
from pathlib import Path

import psutil
import pytest
from tercet_server.checks import PytestTests
from tercet_server.ports import Outcome
from tercet_shared.errors import NoInterpreter
from tercet_shared.workspaces import Interpreter

from tests.doubles.plain_sandbox import PlainSandbox


async def test_asynchronous_tests_and_warnings_as_errors_work_warm_too(open_session):
    project = {
        "pytest.ini": """
            [pytest]
            asyncio_mode = auto
            asyncio_default_fixture_loop_scope = function
            filterwarnings = error
            """,
        "test_a.py": """
            import asyncio

            from hypothesis import given, strategies


            async def test_waits():
                await asyncio.sleep(0.01)


            async def test_waits_for_ever():
                await asyncio.Event().wait()


            @given(strategies.integers())
            def test_given(number):
                assert number == number
            """,
    }
    async with open_session(project) as session:
        cold = await session.run(["test_a.py"], per_test_s=4, deadline_s=90)
        warm = await session.run(["test_a.py"], per_test_s=4, deadline_s=90)
    for report in (cold, warm):
        assert {test.partition("::")[2]: each.outcome.value for test, each in report.results.items()} == {
            "test_waits": "passed",
            "test_waits_for_ever": "timeout",
            "test_given": "passed",
        }
        assert report.collection_errors == ()


async def test_an_editable_install_is_led_to_the_copy(make_copy, tmp_path: Path):
    """The plain sandbox cannot mount the copy at the original's path, so the path file names the original."""
    copy = make_copy(
        {
            "src/shop.py": "def price():\n    return 1\n",
            "test_a.py": "import shop\ndef test(): assert shop.price() == 2\n",
        }
    )
    environment = tmp_path / "env"
    venv.create(environment, symlinks=True)
    site = next(environment.glob("lib/python3*/site-packages"))
    (site / "editable.pth").write_text(f"{copy.original / 'src'}\n")
    own = next(each for each in map(Path, sys.path) if (each / "pytest").is_dir())
    (site / "borrowed.pth").write_text(f"{own}\n")
    (copy.root / "src" / "shop.py").write_text("def price():\n    return 2\n")
    interpreter = Interpreter(path=str(environment / "bin" / "python"), source="venv")
    async with PytestTests(PlainSandbox()).session(copy, interpreter, 1) as session:
        report = await session.run(["test_a.py::test"], per_test_s=10, deadline_s=60, modules=True)
        assert session.import_paths == [str(copy.root / "src")]
    assert report.results["test_a.py::test"].outcome is Outcome.PASSED
    assert report.modules["shop"] == "src/shop.py"


async def test_an_interpreter_without_pytest_is_named_with_the_remedy(make_copy, tmp_path: Path):
    environment = tmp_path / "env"
    venv.create(environment, symlinks=True)
    interpreter = Interpreter(path=str(environment / "bin" / "python"), source="venv")
    async with PytestTests(PlainSandbox()).session(make_copy({"test_a.py": ""}), interpreter, 1) as session:
        with pytest.raises(NoInterpreter, match="install pytest for it"):
            await session.collect()


async def test_nothing_is_left_when_the_session_ends(open_session, tmp_path: Path):
    project = {
        "test_a.py": """
            import os
            import time


            def test_daemonises():
                if os.fork() == 0:
                    os.setsid()
                    if os.fork() == 0:
                        time.sleep(1000)
                    os._exit(0)
            """,
    }
    before = {each.pid for each in psutil.Process().children(recursive=True)}
    async with open_session(project) as session:
        report = await session.run(["test_a.py"], per_test_s=10, deadline_s=60)
        assert report.results["test_a.py::test_daemonises"].outcome is Outcome.PASSED
    left = [each for each in psutil.Process().children(recursive=True) if each.pid not in before]
    named = [
        each for each in psutil.process_iter(["cmdline"]) if str(tmp_path / "copy") in (each.info["cmdline"] or [])
    ]
    psutil.wait_procs([*left, *named], timeout=20)
    assert not [each for each in named if each.is_running()]

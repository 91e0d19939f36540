"""What programs may do in a sandbox: the ordinary things."""

from pathlib import Path

from .conftest import Runner


async def test_threads_pytest_and_child_processes_work(python: Runner, copy: Path):
    (copy / "test_it.py").write_text(
        "import subprocess, sys, threading\n"
        "def test_it(tmp_path):\n"
        "    seen = []\n"
        "    thread = threading.Thread(target=seen.append, args=(1,)); thread.start(); thread.join()\n"
        "    (tmp_path / 'a').write_text('x')\n"
        "    assert subprocess.check_output([sys.executable, '-c', 'print(7)']) == b'7\\n' and seen == [1]\n"
        "async def nothing(): return 5\n"
        "def test_asyncio():\n"
        "    import asyncio; assert asyncio.run(nothing()) == 5\n"
        "def test_copying(tmp_path):\n"
        "    import shutil; shutil.copy2(__file__, tmp_path / 'copied'); assert (tmp_path / 'copied').exists()\n"
    )
    result = await python("import pytest; raise SystemExit(pytest.main(['-q', '-p', 'no:cacheprovider']))")
    assert result.exit_code == 0, result.stdout.decode() + result.stderr.decode()

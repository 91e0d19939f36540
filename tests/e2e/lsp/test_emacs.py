"""A real Emacs with eglot, headless, goes the whole way: it takes no edit lazily, and tells of its own after the command."""

import asyncio
import json
import os
import shutil
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from tests.doubles.impersonated_editor import SERVER
from tests.e2e.journey import BROKEN_SHOP, FIXED_LINE
from tests.e2e.lsp.conftest import end_daemon

SCRIPT = Path(__file__).with_name("whole_way.el")
DEADLINE_S = 400
LINT = "def greet():\n    return f'hello'\n"


@pytest.mark.timeout(450)
@pytest.mark.must_have(reason="Emacs is one of the editors that are promised")
@pytest.mark.skipif(shutil.which("emacs") is None, reason="Emacs is not installed (Debian: emacs-nox elpa-eglot)")
async def test_emacs_goes_the_whole_way(project: Callable[[Mapping[str, str | bytes]], Path], tercet_home: Path):
    root = project({**BROKEN_SHOP, "shop/greeting.py": LINT})
    environment = {**os.environ, "TERCET_LSP": SERVER[0], "PROJECT": str(root), "HOME": str(tercet_home)}
    emacs = await asyncio.create_subprocess_exec(
        *["emacs", "-Q", "--batch", "-l", str(SCRIPT)],
        env=environment,
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        output, errors = await asyncio.wait_for(emacs.communicate(), DEADLINE_S)
    finally:
        if emacs.returncode is None:
            emacs.kill()
        await asyncio.to_thread(end_daemon)
    assert emacs.returncode == 0, errors.decode()[-3000:]
    seen = json.loads(output)
    broken = BROKEN_SHOP["shop/discount.py"]
    assert seen["eager"] is True
    assert seen["fixed"] == LINT.replace("f'hello'", "'hello'")
    assert seen["before"] == broken
    assert seen["applied"] == broken.replace("    if quantity > 10:\n", FIXED_LINE)
    assert seen["undone"] == broken
    assert any("a proved change is ready" in each for each in seen["messages"])

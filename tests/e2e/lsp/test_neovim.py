"""A real Neovim, headless, goes the whole way; what it saves is right."""

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

SCRIPT = Path(__file__).with_name("whole_way.lua")
DEADLINE_S = 110


@pytest.mark.must_have(reason="Neovim is one of the editors that are promised")
@pytest.mark.skipif(shutil.which("nvim") is None, reason="nvim is not installed (Debian: apt-get install neovim)")
async def test_neovim_goes_the_whole_way(project: Callable[[Mapping[str, str | bytes]], Path], tercet_home: Path):
    root = project(BROKEN_SHOP)
    command = ["nvim", "--headless", "--clean", "-u", "NONE", "-c", f"luafile {SCRIPT}"]
    environment = {**os.environ, "TERCET_LSP": SERVER[0], "PROJECT": str(root), "XDG_STATE_HOME": str(tercet_home)}
    neovim = await asyncio.create_subprocess_exec(
        *command,
        env=environment,
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        output, errors = await asyncio.wait_for(neovim.communicate(), DEADLINE_S)
    finally:
        if neovim.returncode is None:
            neovim.kill()
        await asyncio.to_thread(end_daemon)
    assert neovim.returncode == 0, errors.decode()
    seen = json.loads(output)
    broken = BROKEN_SHOP["shop/discount.py"]
    repaired = broken.replace("    if quantity > 10:\n", FIXED_LINE)
    assert seen["before"] == broken
    assert seen["applied"] == repaired
    assert seen["undone"] == broken
    assert (root / "shop/discount.py").read_text() == repaired

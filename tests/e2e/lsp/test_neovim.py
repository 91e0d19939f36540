"""A real Neovim, headless, goes the whole way; what it saves is right."""

import re
import shutil
import subprocess
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from tests.e2e.journey import BROKEN_SHOP, FIXED_LINE
from tests.e2e.lsp.headless import TILL, Headless, documented

SCRIPT = Path(__file__).with_name("whole_way.lua")


def set_up() -> str:
    """The page has one for Neovim 0.11 and later, and one for what was before."""
    told = subprocess.run(["nvim", "--version"], capture_output=True, text=True, check=True).stdout
    version = re.search(r"v(\d+)\.(\d+)", told)
    assert version is not None, told
    return documented("Neovim", 0 if (int(version[1]), int(version[2])) >= (0, 11) else 1)


@pytest.mark.timeout(600)
@pytest.mark.must_have(reason="Neovim is one of the editors that are promised")
@pytest.mark.skipif(shutil.which("nvim") is None, reason="nvim is not installed (Debian: apt-get install neovim)")
async def test_neovim_goes_the_whole_way(project: Callable[[Mapping[str, str | bytes]], Path], tercet_home: Path):
    root = project({**BROKEN_SHOP, "shop/till.js": TILL, "tercet.toml": ""})
    command = ["nvim", "--headless", "--clean", "-u", "NONE", "-c", f"luafile {SCRIPT}"]
    seen = await Headless(command, set_up(), deadline_s=550).drive(root, tercet_home)
    broken = BROKEN_SHOP["shop/discount.py"]
    repaired = broken.replace("    if quantity > 10:\n", FIXED_LINE)
    assert seen["before"] == broken
    assert seen["applied"] == repaired
    assert seen["undone"] == broken
    assert (root / "shop/discount.py").read_text() == repaired
    assert seen["other language"] is True

"""A real Emacs with eglot, headless, goes the whole way: it takes no edit lazily, and tells of its own after the command."""

import shutil
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from tests.e2e.journey import BROKEN_SHOP, FIXED_LINE
from tests.e2e.lsp.headless import TILL, Headless, documented

SCRIPT = Path(__file__).with_name("whole_way.el")
LINT = "def greet():\n    return f'hello'\n"


@pytest.mark.timeout(450)
@pytest.mark.must_have(reason="Emacs is one of the editors that are promised")
@pytest.mark.skipif(shutil.which("emacs") is None, reason="Emacs is not installed (Debian: emacs-nox elpa-eglot)")
async def test_emacs_goes_the_whole_way(project: Callable[[Mapping[str, str | bytes]], Path], tercet_home: Path):
    root = project({**BROKEN_SHOP, "shop/greeting.py": LINT, "shop/till.js": TILL, "tercet.toml": ""})
    emacs = Headless(["emacs", "-Q", "--batch", "-l", str(SCRIPT)], documented("Emacs"), deadline_s=400)
    seen = await emacs.drive(root, tercet_home)
    broken = BROKEN_SHOP["shop/discount.py"]
    assert seen["eager"] is True
    assert seen["fixed"] == LINT.replace("f'hello'", "'hello'")
    assert seen["before"] == broken
    assert seen["applied"] == broken.replace("    if quantity > 10:\n", FIXED_LINE)
    assert seen["undone"] == broken
    assert any("a proved change is ready" in each for each in seen["messages"])
    assert seen["other language"] is True

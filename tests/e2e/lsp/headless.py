"""Real editors without a screen: one is set up as docs/editors.md says, driven by a script, and tells in JSON what it saw."""

import asyncio
import json
import os
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.doubles.impersonated_editor import SERVER
from tests.e2e.lsp.conftest import end_daemon

PAGE = Path(__file__).parents[3] / "docs" / "editors.md"
TILL = "let open = false;\n"
"""A file that is no Python."""


def documented(section: str, which: int = 0) -> str:
    """A block of code of a section of docs/editors.md, as users copy it; `which` counts from 0."""
    text = PAGE.read_text("utf-8").partition(f"\n## {section}\n")[2].partition("\n## ")[0]
    blocks: list[str] = re.findall(r"^```\w+\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)
    return blocks[which]


@dataclass(frozen=True)
class Headless:
    """An editor's command line, and what of the page sets it up; both scripts find the rest in the environment."""

    command: Sequence[str]
    setup: str
    deadline_s: float

    async def drive(self, root: Path, home: Path) -> Any:
        """What the script printed. `SETUP` names the file with the set-up, `PROJECT` the root; tercet-lsp is on the PATH."""
        setup = home / "editor-setup"
        setup.write_text(self.setup, "utf-8")
        path = os.pathsep.join([str(Path(SERVER[0]).parent), os.environ["PATH"]])
        own = {"PATH": path, "SETUP": str(setup), "PROJECT": str(root), "HOME": str(home), "XDG_STATE_HOME": str(home)}
        editor = await asyncio.create_subprocess_exec(
            *self.command,
            env={**os.environ, **own},
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        try:
            output, errors = await asyncio.wait_for(editor.communicate(), self.deadline_s)
        finally:
            if editor.returncode is None:
                editor.kill()
            await asyncio.to_thread(end_daemon)
        assert editor.returncode == 0, errors.decode(errors="replace")[-3000:]
        return json.loads(output)

"""Writes docs/images/fix.svg: what a terminal shows of a real `tercet fix` in a fresh copy of the example."""

import io
import re
import subprocess
import sys
import tempfile
from pathlib import Path

from demonstrate import EXAMPLE, REPOSITORY, TERCET, copy_of_example, private_environment
from rich.console import Console
from rich.text import Text

PICTURE = REPOSITORY / "docs" / "images" / "fix.svg"
COLUMNS = 110


def main() -> int:
    with tempfile.TemporaryDirectory(prefix="tercet-picture-") as folder:
        project = copy_of_example(Path(folder))
        environment = {
            **private_environment(Path(folder)),
            "FORCE_COLOR": "1",
            "COLUMNS": str(COLUMNS),
            "TERM": "xterm-256color",
        }
        try:
            command = [TERCET, "fix", "--trust"]
            done = subprocess.run(command, cwd=project, env=environment, capture_output=True, text=True, check=True)
        finally:
            subprocess.run([TERCET, "daemon", "stop"], env=environment, stdout=subprocess.DEVNULL, check=False)
    PICTURE.parent.mkdir(parents=True, exist_ok=True)
    PICTURE.write_text(picture_of(done.stdout.replace(str(Path.home()), "~")), "utf-8")
    print(f"{PICTURE.relative_to(REPOSITORY)} shows `tercet fix` in {EXAMPLE.relative_to(REPOSITORY)}.")
    return 0


def picture_of(output: str) -> str:
    """`output` with its colours, in a terminal's window. Uses the reader's fonts: a picture should load nothing."""
    console = Console(record=True, width=COLUMNS, file=io.StringIO(), force_terminal=True)
    console.print(Text.from_ansi(f"\x1b[1m~/bookshop $\x1b[0m tercet fix\n{output.rstrip()}"))
    svg = console.export_svg(title="tercet fix")
    return re.sub(r"@font-face \{.*?\}\s*", "", svg, flags=re.DOTALL)


if __name__ == "__main__":
    sys.exit(main())

"""Sets the hostile set on every back end of this machine and writes what came of it into docs/security.md.

Usage: .venv/bin/python scripts/generate_security_table.py   (as root, with dockerd and bubblewrap; takes a minute)
A test (tests/e2e/sandbox) does the same and compares each cell with the page.
"""

import asyncio
import re
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path

from tercet_server.config import SandboxSettings
from tercet_server.sandbox.choosing import BACKENDS
from tercet_server.sandbox.docker import Engine, Images
from tercet_server.sandbox.hostile import NAMES, Outcome, attempt_all
from tercet_server.sandbox.watchdog import Watchdog

REPOSITORY = Path(__file__).resolve().parents[1]
PAGE = REPOSITORY / "docs" / "security.md"
ENGINE = REPOSITORY / "scripts" / "docker_engine"
BACK_ENDS = ("docker", "bubblewrap", "process")
BLOCK = re.compile(r"(<!-- the hostile set: [^\n]*-->\n)(.*?)(<!-- end of the hostile set -->)", re.DOTALL)


def main() -> None:
    folder = Path(tempfile.mkdtemp(prefix="tde-")) / "e"
    host = subprocess.run([ENGINE, "start", folder], check=True, capture_output=True, text=True).stdout.strip()
    try:
        engine = Engine(host)
        Images(engine).build("host", print)
        engine.close()
        outcomes = {name: asyncio.run(_outcomes(name, SandboxSettings(docker_host=host))) for name in BACK_ENDS}
    finally:
        subprocess.run([ENGINE, "stop", folder], check=True)
        folder.parent.rmdir()
    page = PAGE.read_text("utf-8")
    PAGE.write_text(BLOCK.sub(lambda found: found[1] + table(outcomes) + found[3], page), "utf-8")


async def _outcomes(back_end: str, settings: SandboxSettings) -> dict[str, Outcome]:
    sandbox = await BACKENDS[back_end][1](Watchdog(), settings)
    outcomes = {}
    try:
        async for outcome in attempt_all(sandbox, settings):
            print(f"{back_end}: {outcome.attack}: {cell(outcome)}", file=sys.stderr)
            outcomes[outcome.attack] = outcome
    finally:
        await sandbox.close()
    return outcomes


def table(outcomes: Mapping[str, Mapping[str, Outcome]]) -> str:
    """`outcomes` by back end and attack."""
    lines = [f"| attack | {' | '.join(f'`{name}`' for name in BACK_ENDS)} |", "|---|" + "---|" * len(BACK_ENDS)]
    lines += [f"| {name} | {' | '.join(cell(outcomes[each][name]) for each in BACK_ENDS)} |" for name in NAMES]
    return "\n".join(lines) + "\n"


def cell(outcome: Outcome) -> str:
    return f"**not contained**: {outcome.broken}" if outcome.broken else "contained"


def cells(page: str) -> dict[str, dict[str, str]]:
    """What the page says, by attack and back end."""
    found = BLOCK.search(page)
    rows = [line.strip("| ").split(" | ") for line in (found[2] if found else "").splitlines()[2:]]
    return {row[0]: dict(zip(BACK_ENDS, row[1:], strict=True)) for row in rows}


if __name__ == "__main__":
    main()

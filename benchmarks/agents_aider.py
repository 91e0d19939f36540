"""aider as a peer of the agents: one run of its command line for each program, in a workspace of its own."""

import os
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

from benchmarks import quixbugs

LONGEST_S = 240
PER_TEST_S = 5
GAVE_UP = ("Only 3 reflections allowed", "did not conform to the edit format")
FLAGS = (
    "--model", "openai/gpt-4o", "--no-git", "--yes-always", "--no-check-update", "--no-show-release-notes", "--no-pretty",
    "--analytics-disable", "--no-stream", "--no-suggest-shell-commands", "--no-show-model-warnings", "--no-detect-urls",
    "--no-gitignore", "--no-fancy-input",
)  # fmt: skip


@dataclass(frozen=True)
class Aider:
    """`executable` is aider's own command line; `endpoint` the vendor's URL."""

    executable: Path
    endpoint: str
    workspace: Path
    home: Path

    def repair(self, program: str) -> tuple[float, bool]:
        """Runs aider in the workspace. Seconds, and whether it ends as done: without an error, and not giving up."""
        test = f"{sys.executable} -m pytest -q -x -p no:cacheprovider --timeout={PER_TEST_S} --timeout-method=signal"
        test = f"ulimit -v {quixbugs.MEMORY_BYTES // 1024}; {test} {quixbugs.test_file(program)}"
        asked = f"The tests in {quixbugs.test_file(program)} fail. Find the cause in the program and correct it."
        command = [
            str(self.executable),
            *FLAGS,
            "--openai-api-base",
            f"{self.endpoint}/v1",
            "--openai-api-key",
            "loopback",
        ]
        command += ["--auto-test", "--test-cmd", test, "--read", quixbugs.test_file(program)]
        command += ["--message", asked, quixbugs.program_path(program)]
        started = time.monotonic()
        try:
            done = subprocess.run(
                command,
                cwd=self.workspace,
                env={"PATH": os.environ["PATH"], "HOME": str(self.home), "LANG": "C.UTF-8"},
                capture_output=True,
                text=True,
                errors="replace",
                timeout=LONGEST_S,
                stdin=subprocess.DEVNULL,
                check=False,
            )
        except subprocess.TimeoutExpired:
            return time.monotonic() - started, False
        gave_up = any(words in done.stdout for words in GAVE_UP)
        return time.monotonic() - started, done.returncode == 0 and not gave_up

"""The systems that are compared on cases of edits: Tercet, `git apply`, GNU patch, and aider's three appliers."""

import json
import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

from tercet_server.edits import apply_edits, from_reply
from tercet_shared.errors import EditRefused, TercetError

from benchmarks.edit_cases import Answer, Case
from benchmarks.report import say

AIDER_DRIVER = Path(__file__).with_name("edit_aider.py")


class System(Protocol):
    """Takes the cases of some formats, one after the other."""

    formats: frozenset[str]

    def answer(self, case: Case) -> Answer: ...


class Tercet:
    """The edit engine, in this process: from the raw answer to a change set."""

    formats = frozenset({"search_replace", "udiff", "apply_patch"})

    def answer(self, case: Case) -> Answer:
        files = case.files
        started = time.perf_counter()
        try:
            changes = from_reply(case.edit, files).changes
        except TercetError as error:
            spent = time.perf_counter() - started
            reason = error.data.get("reason") if isinstance(error, EditRefused) else error.code
            return Answer({}, f"{reason}: {error.sentence}" if reason else None, spent * 1000)
        spent = time.perf_counter() - started
        return Answer(
            {each.path: apply_edits(files[each.path], each.edits) for each in changes.files}, None, spent * 1000
        )


class Command:
    """A program that patches the files of a folder; the time is that of its process."""

    formats = frozenset({"udiff"})

    def __init__(self, *arguments: str) -> None:
        self._arguments = arguments

    def answer(self, case: Case) -> Answer:
        with Folder(case.files) as root:
            environment = {**os.environ, "LC_ALL": "C", "GIT_CEILING_DIRECTORIES": str(root.parent)}
            started = time.perf_counter()
            done = subprocess.run(
                self._arguments, cwd=root, input=case.edit.encode(), capture_output=True, env=environment, check=False
            )
            spent = time.perf_counter() - started
            said = (done.stderr or done.stdout).decode("utf-8", "replace").strip()
            return Answer(_changed(root, case.files), (said or "failed") if done.returncode else None, spent * 1000)


class Aider:
    """aider's own appliers, driven in a Python that has aider-chat; the time is theirs alone."""

    formats = frozenset({"search_replace", "udiff", "apply_patch"})

    def __init__(self, python: str) -> None:
        self._process = subprocess.Popen(
            [python, str(AIDER_DRIVER)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )

    def answer(self, case: Case) -> Answer:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        with Folder(case.files) as root:
            request = {"root": str(root), "paths": list(case.files), "format": case.format, "reply": case.edit}
            self._process.stdin.write(json.dumps(request) + "\n")
            self._process.stdin.flush()
            told = json.loads(self._process.stdout.readline())
            return Answer(_changed(root, case.files), told["refusal"], told["ms"])

    def close(self) -> None:
        if self._process.stdin is not None:
            self._process.stdin.close()
        self._process.wait(timeout=10)


def peers(aider_python: str | None) -> dict[str, System]:
    """Those that are installed; a line on stderr for each that is not."""
    found: dict[str, System] = {}
    if aider_python is not None:
        found["aider"] = Aider(aider_python)
    else:
        say("aider: left out; pass --aider PYTHON, a Python with it: pip install aider-chat==0.86.1")
    if shutil.which("git"):
        found["git_apply"] = Command("git", "apply", "-p1", "-")
    if shutil.which("patch"):
        found["patch"] = Command("patch", "-p1", "--batch", "--forward", "--no-backup-if-mismatch", "-r", "-")
    else:
        say("patch: left out; it is in the package `patch`")
    return found


class Folder:
    """A temporary folder with these files, byte for byte."""

    def __init__(self, files: dict[str, str]) -> None:
        self._files = files
        self._folder = tempfile.TemporaryDirectory(prefix="te-")

    def __enter__(self) -> Path:
        root = Path(self._folder.name)
        for path, text in self._files.items():
            file = root / path
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(text.encode())
        return root

    def __exit__(self, *_: object) -> None:
        self._folder.cleanup()


def _changed(root: Path, files: dict[str, str], ignored: Sequence[str] = (".orig", ".rej")) -> dict[str, str]:
    now = {
        str(path.relative_to(root)): path for path in root.rglob("*") if path.is_file() and path.suffix not in ignored
    }
    texts = {name: path.read_bytes().decode("utf-8", "replace") for name, path in now.items()}
    return {name: text for name, text in texts.items() if files.get(name) != text}

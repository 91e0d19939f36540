"""Cases of edits as models answer them, slightly wrong: read from a file, given their texts from git clones, and judged.

A case (JSON, one a line) has `id`, `repo`, `blob`, `path`, `format`, `kind`, `edit` (the raw answer), `transform` (how the
text differs from the blob), `gold` and `alt` (the lines that should stand where afterwards), `expect` (apply, refuse or
noop) and `compare` (exact, rstrip or final_newline_free).
"""

import json
import subprocess
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

GoldEdit = tuple[int, int, list[str]]
"""First line, last line (from one; the last before the first: an insertion), and the lines that stand there then."""

OTHER_FILES = {"notes/unrelated.txt": "one line\nanother\n"}
"""Every case has them too: no edit is about them."""


@dataclass(frozen=True)
class Case:
    """One answer, the text it is about, and the texts that are right afterwards."""

    id: str
    format: str
    kind: str
    path: str
    edit: str
    text: str
    expect: str
    compare: str
    right: tuple[str, ...]

    @property
    def files(self) -> dict[str, str]:
        return {self.path: self.text, **OTHER_FILES}


@dataclass(frozen=True)
class Answer:
    """What a system made of a case: the changed files, or why it refused (both, if it changed some all the same)."""

    files: dict[str, str]
    refusal: str | None
    ms: float


def read_cases(path: Path, clones: Path) -> Iterator[Case]:
    """Raises ValueError for a case whose text is not the one that it was made for."""
    records = [json.loads(line) for line in path.read_text("utf-8").splitlines() if line.strip()]
    texts = dict(_blobs(records, clones))
    for record in records:
        text = _original(texts[record["repo"], record["blob"]], record["transform"] or [])
        if sha256(text.encode()).hexdigest() != record["original_sha256"]:
            raise ValueError(f"The text of case {record['id']} is not the one it was made for.")
        golds = [record["gold"], *(record["alt"] or [])]
        yield Case(
            **{name: record[name] for name in ("id", "format", "kind", "path", "edit", "expect", "compare")},
            text=text,
            right=tuple(_edited(text, each) for each in golds),
        )


def outcome(case: Case, answer: Answer) -> str:
    """`correct`, `ws_only` (right but for white space), `wrong` (silently), or `refused` where it should apply."""
    text = answer.files.get(case.path, case.text)
    others = any(case.files.get(path) != after for path, after in answer.files.items() if path != case.path)
    unchanged = text == case.text and not others
    if case.expect != "apply":
        return "correct" if unchanged else "wrong"
    if answer.refusal is not None or (unchanged and case.text not in case.right):
        return "refused"
    if others:
        return "wrong"
    if any(_same(text, each, case.compare) for each in case.right):
        return "correct"
    return "ws_only" if "".join(text.split()) in {"".join(each.split()) for each in case.right} else "wrong"


def _blobs(records: Sequence[dict[str, Any]], clones: Path) -> Iterator[tuple[tuple[str, str], str]]:
    for repo in sorted({record["repo"] for record in records}):
        wanted = sorted({record["blob"] for record in records if record["repo"] == repo})
        command = ["git", "-C", str(clones / repo.replace("/", "+") / "repo"), "cat-file", "--batch"]
        output = subprocess.run(command, input="\n".join(wanted).encode(), capture_output=True, check=True).stdout
        at = 0
        for blob in wanted:
            head, _, _ = output[at : at + 200].partition(b"\n")
            size = int(head.split()[2])
            start = at + len(head) + 1
            yield (repo, blob), output[start : start + size].decode("utf-8")
            at = start + size + 1


def _original(blob: str, transform: Sequence[dict[str, Any]]) -> str:
    lines = blob.split("\n")[:-1]
    for step in transform:
        match step["op"]:
            case "set_line":
                lines[step["line"] - 1] = step["text"]
            case "insert":
                lines[step["after"] : step["after"]] = step["lines"]
            case "delete":
                del lines[step["start"] - 1 : step["end"]]
            case "set_range":
                lines[step["start"] - 1 : step["end"]] = step["lines"]
    steps = {step["op"] for step in transform}
    text = "\n".join(lines) + ("" if "strip_final_newline" in steps else "\n")
    return text.replace("\n", "\r\n") if "crlf" in steps else text


def _edited(text: str, gold: Sequence[GoldEdit]) -> str:
    end = "\r\n" if "\r\n" in text else "\n"
    lines = text.removesuffix(end).split(end)
    for first, last, new in sorted(gold, key=lambda each: (each[0], each[1]), reverse=True):
        lines[first - 1 : last] = new
    return end.join(lines) + (end if text.endswith(end) else "")


def _same(text: str, right: str, compare: str) -> bool:
    if compare == "rstrip":
        return [each.rstrip(" \t") for each in text.split("\n")] == [each.rstrip(" \t") for each in right.split("\n")]
    if compare == "final_newline_free":
        return text.rstrip("\r\n") == right.rstrip("\r\n")
    return text == right

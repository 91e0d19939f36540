"""Makes tasks of localization from the histories of projects, to learn and to try on projects that nobody has seen.

`python -m benchmarks.localization_mining --repos DIR --projects OWNER/NAME,... [--each N] > FILE`

A task is a commit, no merge, that fixes or adds something in one to five source files and whose message (eight words at least)
names none of them. The messages of a project's first eighth are left out, as everything is new then.
"""

import argparse
import json
import random
import re
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from tercet_server.languages import tags

from benchmarks.localization_tasks import git, is_candidate
from benchmarks.report import say

_RECORD, _FIELD, _CHANGES = "\x1d", "\x1e", "\x1f"
_TRAILER = re.compile(
    r"^(?:[\w-]+-by|change-id|git-svn-id|pr-url|pr|closes|refs?|fixes|resolves|--hg--|extra :)\b.*$", re.I | re.M
)
_REFERENCE = re.compile(r"\s*\(?#\d+\)?|https?://\S+")
_WORK = re.compile(
    r"\b(?:fix(?:e[sd])?|bug|add(?:s|ed)?|feat|support|implement|allow|handle|prevent|avoid|make|use|do not|don't|correct"
    r"|ensure|improve|change|return|raise|remove|enable|introduce|expose|update)\b",
    re.I,
)
_CHORE = re.compile(
    r"^(?:merge|release|bump|docs?\b|chore|ci\b|test|style|revert|version|prepare|typo|lint|update changelog)", re.I
)
_SWEEP = re.compile(
    r"licen[sc]e header|misspell|typo|grammar|whitespace|formatting|copyright|documentation|javadoc|gofmt|clippy|rustfmt|flake8",
    re.I,
)
_HUNK = re.compile(r"^@@ -(\d+)(?:,(\d+))? \+")
_MOST_FILES, _MOST_CHANGED, _LEAST_WORDS, _LEAST_CANDIDATES = 5, 40, 8, 8
_CHARACTERS = 2_500


@dataclass(frozen=True, slots=True)
class Found:
    """A commit that may make a task."""

    commit: str
    parent: str
    date: str
    message: str
    files: tuple[str, ...]


def main() -> int:
    options = _options()
    for project in options.projects.split(","):
        clone = options.repos / project.replace("/", "+") / "repo"
        records = list(mine(clone, project, options.each))
        say(f"{project}: {len(records)}")
        for record in records:
            print(json.dumps(record))
    return 0


def mine(clone: Path, project: str, count: int) -> Iterator[dict[str, object]]:
    """At most `count` tasks of one project, the same at each call."""
    found = sorted(_commits(clone), key=lambda each: each.date)
    found = found[len(found) // 8 :]
    random.Random(project).shuffle(found)
    made = 0
    for each in found:
        if made == count:
            return
        files = git(clone, "ls-tree", "-r", "--name-only", "-z", each.parent).stdout.split("\0")
        if sum(map(is_candidate, files)) < _LEAST_CANDIDATES:
            continue
        made += 1
        yield {
            "id": f"{project.rpartition('/')[2]}-{each.commit[:10]}",
            "repo": project,
            "commit": each.commit,
            "parent": each.parent,
            "date": each.date,
            "query": each.message[:_CHARACTERS],
            "gold_files": sorted(each.files),
            "gold_defs": list(_definitions(clone, each)),
        }


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.localization_mining", description=__doc__)
    parser.add_argument("--repos", type=Path, required=True, metavar="DIR", help="clones as DIR/<owner>+<name>/repo")
    parser.add_argument("--projects", required=True, metavar="OWNER/NAME,...")
    parser.add_argument("--each", type=int, default=30, metavar="N", help="tasks of each project")
    return parser.parse_args()


def _commits(clone: Path) -> Iterator[Found]:
    form = f"--format={_RECORD}%H{_FIELD}%P{_FIELD}%cs{_FIELD}%B{_CHANGES}"
    log = git(clone, "log", "--no-merges", form, "--raw", "--no-renames", "--abbrev=40", "HEAD").stdout
    for record in log.split(_RECORD)[1:]:
        head, _, raw = record.partition(_CHANGES)
        fields = head.split(_FIELD)
        if len(fields) == 4 and len(fields[1].split()) == 1:
            message = _REFERENCE.sub("", _TRAILER.sub("", fields[3])).strip()
            changed = [line.split("\t", 1) for line in raw.splitlines() if line.startswith(":")]
            files = _sought(changed)
            if files and _is_request(message, files):
                yield Found(fields[0], fields[1], fields[2], message, files)


def _sought(changed: Sequence[Sequence[str]]) -> tuple[str, ...]:
    """The source files that a commit modified, if they make a task."""
    sources = [(what.split()[4], path) for what, path in changed if is_candidate(path)]
    modified = tuple(path for status, path in sources if status == "M")
    usable = len(changed) <= _MOST_CHANGED and 1 <= len(modified) <= _MOST_FILES and len(sources) <= _MOST_FILES + 1
    return modified if usable else ()


def _is_request(message: str, files: Sequence[str]) -> bool:
    return (
        len(re.findall(r"[A-Za-z']{2,}", message)) >= _LEAST_WORDS
        and _WORK.search(message) is not None
        and not (_CHORE.match(message) or _SWEEP.search(message))
        and not any(path in message or PurePosixPath(path).name in message for path in files)
    )


def _definitions(clone: Path, found: Found) -> Iterator[dict[str, object]]:
    """The innermost definitions, as they were, of the lines that the commit changed or put something behind."""
    diff = git(clone, "diff", "-U0", "--no-renames", found.parent, found.commit, "--", *found.files).stdout
    lines: dict[str, set[int]] = {}
    current = ""
    for line in diff.splitlines():
        if line.startswith("--- a/"):
            current = line.removeprefix("--- a/")
        elif (hunk := _HUNK.match(line)) and current:
            first, count = int(hunk[1]), int(hunk[2] or 1)
            lines.setdefault(current, set()).update(range(first - 1, first - 1 + max(count, 1)))
    for path, changed in lines.items():
        definitions = tags(path, git(clone, "show", f"{found.parent}:{path}").stdout).definitions
        inner = {
            min(around, key=lambda each: each.end - each.start)
            for line in changed
            if (around := [each for each in definitions if each.start <= line <= each.end])
        }
        for each in sorted(inner, key=lambda each: each.start):
            name = f"{each.scope}.{each.name}" if each.scope else each.name
            yield {"file": path, "name": name, "start": each.start + 1}


if __name__ == "__main__":
    sys.exit(main())

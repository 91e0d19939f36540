"""Tasks of localization: a change request's words, the files and definitions that its commit changed, and how answers are scored.

A task is one line of JSON: id, repo, parent, commit, query, gold_files, gold_defs ([{file, name, start}], lines from one).
Ranks are taken after dropping tests, docs, examples, vendored and generated files, for every system alike.
"""

import json
import re
import subprocess
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

SOURCE_SUFFIXES = frozenset(
    """
    .py .pyx .pyi .js .mjs .cjs .jsx .ts .tsx .mts .cts .vue .go .rs .java .kt .c .h .cc .cpp .hpp .y .l .rb
    """.split()  # noqa: SIM905 - a column of commas
)
_AUXILIARY_FOLDERS = frozenset(
    """
    test tests testing __tests__ spec specs testdata test-data fixtures e2e bench benches benchmark benchmarks examples
    example doc docs docs_src website node_modules vendor third_party deps dist __mocks__ integration-tests test-utils
    testutil testutils extras changelog changelogs functional regrtest_data dts-test playground sandbox templates_tests
    """.split()  # noqa: SIM905 - as above
)
_AUXILIARY_FILE = re.compile(
    r"(?:_test\.go|_test\.py|_tests?\.rs|\.spec\.[cm]?[jt]sx?|\.test\.[cm]?[jt]sx?|Tests?\.java|IT\.java|Test\.kt|\.d\.ts"
    r"|\.min\.js|_spec\.rb|_test\.rb)$|^test_|^(?:conftest|setup)\.py$|^tests?\.rs$"
)
_GENERATED_FILE = re.compile(r"^(?:src/)?(?:parser|lexer)\.[ch]$")


@dataclass(frozen=True, slots=True)
class GoldDefinition:
    """`start`: its first line, from one."""

    file: str
    name: str
    start: int


@dataclass(frozen=True, slots=True)
class Task:
    """`query` is asked of the tree at `parent`, with the history before it."""

    id: str
    repo: str
    parent: str
    query: str
    gold_files: tuple[str, ...]
    gold_definitions: tuple[GoldDefinition, ...]


@dataclass(frozen=True, slots=True)
class Answer:
    """Best first; a definition as its file, name and first line (from one)."""

    files: Sequence[str]
    definitions: Sequence[tuple[str, str, int]] = ()


@dataclass(frozen=True, slots=True)
class Score:
    """`rank`: of the worst-placed gold file, None if one is missing. The `definition_…` are None without gold definitions."""

    rank: int | None
    definition_all_at_10: bool | None


def load(path: Path) -> list[Task]:
    return [_task(json.loads(line)) for line in path.read_text("utf-8").splitlines() if line.strip()]


def score(task: Task, answer: Answer) -> Score:
    """acc@k: all gold files among the first k candidates; definitions: all of them among the first ten."""
    files = [path for path in dict.fromkeys(answer.files) if is_candidate(path)]
    ranks = [files.index(gold) + 1 if gold in files else None for gold in task.gold_files]
    worst = None if None in ranks else max(rank for rank in ranks if rank is not None)
    if not task.gold_definitions:
        return Score(worst, None)
    first: dict[tuple[str, str], tuple[str, str, int]] = {}
    for file, name, start in answer.definitions:
        if is_candidate(file):
            first.setdefault((file, name), (file, name, start))
    ten = list(first.values())[:10]
    return Score(worst, all(any(_is(gold, each) for each in ten) for gold in task.gold_definitions))


def is_candidate(path: str) -> bool:
    """Whether a file counts: source code that is neither test, documentation, example, vendored nor generated."""
    *folders, name = path.split("/")
    return (
        PurePosixPath(path).suffix.lower() in SOURCE_SUFFIXES
        and not any(folder.lower() in _AUXILIARY_FOLDERS for folder in folders)
        and not _AUXILIARY_FILE.search(name)
        and not _GENERATED_FILE.search(path)
    )


def check_out(repos: Path, repo: str, commit: str, tree: Path) -> list[str]:
    """Makes `tree` a work tree of that commit, using the objects of the clone. Its files (relative paths)."""
    if not (tree / ".git").exists():
        tree.parent.mkdir(parents=True, exist_ok=True)
        source = repos / repo.replace("/", "+") / "repo"
        subprocess.run(
            ["git", "clone", "-q", "--shared", "--no-checkout", str(source.resolve()), str(tree)], check=True
        )
    if git(tree, "checkout", "-q", "-f", "--detach", commit).returncode:  # objects are missing: what there is will do
        git(tree, "update-ref", "--no-deref", "HEAD", commit)
        git(tree, "read-tree", commit)
        git(tree, "checkout-index", "-a", "-f", "-q")
    git(tree, "clean", "-q", "-ffdx")
    names = git(tree, "ls-files", "-z").stdout.split("\0")
    return [name for name in names if name and (tree / name).is_file() and not (tree / name).is_symlink()]


def git(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = ["git", "-C", str(folder), "-c", "core.hooksPath=/dev/null", *arguments]
    return subprocess.run(command, capture_output=True, text=True, errors="replace", check=False)


def by_repository(tasks: Iterable[Task]) -> dict[str, list[Task]]:
    found: dict[str, list[Task]] = {}
    for task in tasks:
        found.setdefault(task.repo, []).append(task)
    return found


def _task(record: dict[str, object]) -> Task:
    definitions = [GoldDefinition(each["file"], each["name"], each["start"]) for each in record.get("gold_defs", [])]  # type: ignore[attr-defined, index]  # as the format has it
    return Task(
        str(record["id"]),
        str(record["repo"]),
        str(record["parent"]),
        str(record["query"]),
        tuple(record["gold_files"]),  # type: ignore[arg-type]  # as the format has it
        tuple(definitions),
    )


def _is(gold: GoldDefinition, answered: tuple[str, str, int]) -> bool:
    file, name, start = answered
    return file == gold.file and (_last(name) == _last(gold.name) or abs(start - gold.start) <= 1)


def _last(name: str) -> str:
    return re.split(r"[.:#/]+", name)[-1]

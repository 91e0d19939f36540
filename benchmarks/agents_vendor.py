"""A language model of known skill for QuixBugs: the right edit with probability P, else a wrong, damaged, off-format or empty one.

Seeded: the n-th request about a program gets the same kind of answer whoever asks. An edit is written for the text that the
request shows last, for that is what an honest model edits. Speaks through the loopback vendor; knows no system under test.
"""

import ast
import difflib
import json
import random
import re
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks import quixbugs
from tests.doubles.vendor import Received, Says

BYTES_PER_TOKEN = 4
CONTEXT_LINES = 2
POOR = ("wrong", "damaged", "off_format", "empty")
_ASKED = re.compile(r"python_testcases/test_(\w+)\.py")
_SWAPS = (
    (" < ", " <= "), (" <= ", " < "), (" > ", " >= "), (" == ", " != "), (" + ", " - "), (" - ", " + "),
    ("True", "False"), ("False", "True"), ("[0]", "[-1]"), ("0", "1"), ("1", "2"),
)  # fmt: skip


@dataclass
class Tally:
    """What the vendor saw of one system on one program."""

    requests: int = 0
    tokens: int = 0
    kinds: Counter[str] = field(default_factory=Counter)


class Skilled:
    """A script for the loopback vendor; one for each system, so that both get the same answers in the same order."""

    def __init__(self, clone: Path, skill: float, seed: int) -> None:
        self._clone = clone
        self._skill = skill
        self._seed = seed
        self._known: dict[str, list[str]] = defaultdict(list)
        self.tallies: dict[str, Tally] = defaultdict(Tally)

    def __call__(self, received: Received) -> Says:
        shown = _shown(received)
        asked = _ASKED.search(shown)
        program = asked[1] if asked else ""
        text, kind = self._answer(program, shown) if program else ("", "empty")
        tally = self.tallies[program]
        tally.requests += 1
        tally.kinds[kind] += 1
        sent, said = _tokens(shown + json.dumps(received.body.get("tools", ""))), _tokens(text)
        tally.tokens += sent + said
        return Says(text, input_tokens=sent, output_tokens=said, piece=2000)

    def forget(self, program: str) -> None:
        """The program is about to be given to the next system from the beginning."""
        self._known.pop(program, None)
        self.tallies.pop(program, None)

    def _answer(self, program: str, shown: str) -> tuple[str, str]:
        chance = random.Random(f"{self._seed}:{program}:{self.tallies[program].requests}")  # repeatable
        right = chance.random() < self._skill
        kind = "right" if right else chance.choice(POOR)
        current = self._current(program, shown)
        target = repaired(self._clone, program, current)
        path = quixbugs.program_path(program)
        if kind == "wrong":
            changed = _spoiled(current, target, chance)
            if changed is not None:
                self._known[program].append(changed)
                return _said(path, _blocks(current, changed)), kind
            kind = "off_format"
        if kind == "empty":
            return "", kind
        if kind == "off_format":
            return f"The function should read:\n\n```python\n{target}\n```\n", kind
        self._known[program].append(target)
        blocks = _blocks(current, target)
        return _said(path, blocks if kind == "right" else [_damaged(each, chance) for each in blocks]), kind

    def _current(self, program: str, shown: str) -> str:
        """The version of the program that the request shows last: that of the clone, or one that an answer made of it."""
        original = (self._clone / quixbugs.program_path(program)).read_text("utf-8")
        versions = [original, *self._known[program]]
        return max(versions, key=lambda text: (shown.rfind(text.strip()), -versions.index(text)))


def repaired(clone: Path, program: str, current: str) -> str:
    """The reference program's code in the place of the current one's; what follows the code (prose in a string) stays."""
    reference = (clone / f"correct_python_programs/{program}.py").read_text("utf-8")
    code, after = _split(reference)[0], _split(current)[1]
    return code + after


def _split(text: str) -> tuple[str, str]:
    """The code of a module, and the strings and blank lines at its end."""
    body = ast.parse(text).body
    last = max((each.end_lineno or 0 for each in body if not _is_prose(each)), default=0)
    lines = text.splitlines(keepends=True)
    return "".join(lines[:last]), "".join(lines[last:])


def _is_prose(statement: ast.stmt) -> bool:
    return isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)


def _spoiled(current: str, target: str, chance: random.Random) -> str | None:
    """The current text with a change where nothing was wrong: the fault is still in it, and one more."""
    code, after = _split(current)
    lines, sound = code.splitlines(keepends=True), set(target.splitlines(keepends=True))
    places = [
        (at, old, new)
        for at, line in enumerate(lines)
        if line in sound and not line.lstrip().startswith(("def ", "import ", "from ", "#"))
        for old, new in _SWAPS
        if old in line
    ]
    chance.shuffle(places)
    for at, old, new in places:
        changed = "".join([*lines[:at], lines[at].replace(old, new, 1), *lines[at + 1 :]]) + after
        try:
            ast.parse(changed)
        except SyntaxError:
            continue
        return changed
    return None


@dataclass(frozen=True)
class _Block:
    search: tuple[str, ...]
    replace: tuple[str, ...]

    def __str__(self) -> str:
        return "".join(("<<<<<<< SEARCH\n", *self.search, "=======\n", *self.replace, ">>>>>>> REPLACE\n"))


def _blocks(before: str, after: str) -> list[_Block | str]:
    old, new = before.splitlines(keepends=True), after.splitlines(keepends=True)
    groups = difflib.SequenceMatcher(None, old, new, autojunk=False).get_grouped_opcodes(CONTEXT_LINES)
    return [_Block(tuple(old[g[0][1] : g[-1][2]]), tuple(new[g[0][3] : g[-1][4]])) for g in groups]


def _damaged(block: _Block | str, chance: random.Random) -> _Block | str:
    """As models damage edits: a word of the context misremembered, the indentation lost, or the end missing."""
    assert isinstance(block, _Block)
    how = chance.choice(("word", "indentation", "cut"))
    if how == "cut":
        return str(block).removesuffix(">>>>>>> REPLACE\n")
    if how == "indentation":
        return _Block(
            tuple(each.lstrip(" ") for each in block.search), tuple(each.lstrip(" ") for each in block.replace)
        )
    at = chance.randrange(len(block.search))
    spoiled = re.sub(r"[A-Za-z_]{3,}", lambda word: f"{word[0][:-1]}_x", block.search[at], count=1)
    return _Block((*block.search[:at], spoiled, *block.search[at + 1 :]), block.replace)


def _said(path: str, blocks: list[_Block | str]) -> str:
    edits = "\n".join(f"{path}\n```python\n{block}```\n" for block in blocks)
    return f"The program is wrong in one place.\n\n{edits}"


def _shown(received: Received) -> str:
    contents = [message.get("content") or "" for message in received.body.get("messages", [])]
    return "\n".join(
        each if isinstance(each, str) else "\n".join(part.get("text", "") for part in each) for each in contents
    )


def _tokens(text: str) -> int:
    return len(text.encode("utf-8")) // BYTES_PER_TOKEN

"""What ruff tells of changed Python files beside the project's own lint: complexity (C901) and security (S).

Both texts are asked about, so that nothing is held against a change that was there before.
"""

import re
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import zip_longest
from pathlib import Path

from tercet_shared.edits import FileTexts
from tercet_shared.proposals import CheckName

from tercet_server.checks.gates.measure import Measure
from tercet_server.checks.origins import is_python
from tercet_server.checks.static import new_findings
from tercet_server.linters.ruff import LintOutcome, lint

_COMPLEX = re.compile(r"`(?P<name>.+)` is too complex \((?P<figure>\d+) > \d+\)")
_LIMIT = "lint.mccabe.max-complexity"
_COMPLEXITY, _SECURITY = "C901", "S"
_ASSERTIONS = "S101"
"""`assert` is how tests speak, and no hole."""

_OPTIONS = (
    "--select",
    f"{_COMPLEXITY},{_SECURITY}",
    "--ignore",
    _ASSERTIONS,
    "--config",
    f"{_LIMIT}=0",
    "--ignore-noqa",
)
"""Every function's complexity, and all of security, in one go. A change cannot excuse itself: what is excused on both sides is
not new."""

_NO_SYNTAX = "invalid-syntax"


@dataclass(frozen=True)
class Compared:
    """One file as ruff sees it before and after the change."""

    texts: FileTexts
    before: LintOutcome
    after: LintOutcome


@dataclass(frozen=True)
class Look:
    """The changed Python files; `problem` is a sentence where they could not be compared, and nothing is known then."""

    files: Sequence[Compared]
    problem: str | None
    duration_s: float


@dataclass(frozen=True)
class Grown:
    """A function that has become more complex; `before` is 0 for a new one. `line` counts from one."""

    path: str
    name: str
    line: int
    before: int
    now: int

    def __str__(self) -> str:
        return f"{self.path}:{self.line}: `{self.name}` {self.now}" + (f", {self.before} before" if self.before else "")


async def look_at(root: Path, texts: Sequence[FileTexts]) -> Look:
    """Asks ruff, with the configuration found from `root` upwards. The caller sees to it that it is not the change's own."""
    started = time.monotonic()
    found = []
    for each in texts:
        if is_python(each.path):
            before = await lint(root, each.path, each.before or "", options=_OPTIONS)
            after = await lint(root, each.path, each.after, options=_OPTIONS)
            found.append(Compared(each, before, after))
    problem = next((reason for each in found if (reason := _incomparable(each))), None)
    return Look(found, problem, time.monotonic() - started)


def _incomparable(file: Compared) -> str | None:
    said = (file.before, file.after)
    if any(finding.rule == _NO_SYNTAX for each in said for finding in each.findings):
        return f"{file.texts.path} cannot be compared with what was there before: one of the two has no valid syntax."
    return next((each.problem for each in said if each.problem), None)


def complexity_measure(look: Look, threshold: float) -> Measure:
    """The highest complexity of a function that has become more complex, or is new; 0 if there is none."""
    grown = sorted((each for file in look.files for each in _grown(file)), key=lambda each: -each.now)
    over = [each for each in grown if each.now > threshold]
    return Measure(
        name=CheckName.COMPLEXITY,
        tool="ruff",
        unit="of complexity",
        figure=None if look.problem else float(grown[0].now if grown else 0),
        summary=look.problem or _complexity_summary(grown, over, threshold),
        command=_command(look, ("--select", _COMPLEXITY, "--config", f"{_LIMIT}={threshold:.0f}")),
        details=[] if look.problem else [str(each) for each in over],
        duration_s=look.duration_s,
    )


def _complexity_summary(grown: Sequence[Grown], over: Sequence[Grown], threshold: float) -> str:
    if over:
        more = f" (and {len(over) - 1} more)" if len(over) > 1 else ""
        return f"A complexity above {threshold:.0f}: {over[0]}{more}."
    if grown:
        return f"No function above {threshold:.0f} has grown; the most complex that has: {grown[0]}."
    return "No function has become more complex."


def _grown(file: Compared) -> Iterator[Grown]:
    """Functions of one name are matched by their figures, and a new name with one that is gone: it may be the old one."""
    old, new = _by_name(file.before), _by_name(file.after)
    gone = Counter(figure for name, found in old.items() if name not in new for figure, _ in found)
    for name, found in new.items():
        known = Counter(figure for figure, _ in old.get(name, ()))
        changed = [(figure, line) for figure, line in found if not _taken(known, figure)]
        pairs = zip_longest(sorted(changed, reverse=True), sorted(known.elements(), reverse=True)[: len(changed)])
        for (figure, line), before in pairs:
            if figure > (before or 0) and (name in old or not _taken(gone, figure)):
                yield Grown(file.texts.path, name, line, before or 0, figure)


def _taken(left: Counter[int], figure: int) -> bool:
    """Whether there was one more of these; it is used up."""
    if not left[figure]:
        return False
    left[figure] -= 1
    return True


def _by_name(outcome: LintOutcome) -> dict[str, list[tuple[int, int]]]:
    """Function → complexity and line of each of that name."""
    functions: dict[str, list[tuple[int, int]]] = {}
    for finding in outcome.findings:
        if found := _COMPLEX.fullmatch(finding.message):
            functions.setdefault(found["name"], []).append((int(found["figure"]), finding.location.row))
    return functions


def security_measure(look: Look) -> Measure:
    """How many findings of the security rules are new."""
    before, after = (
        [_of_security(each.before) for each in look.files],
        [_of_security(each.after) for each in look.files],
    )
    new = new_findings([each.texts for each in look.files], before, after)
    told = f"{len(new)} new finding{'s' * (len(new) > 1)}: {new[0][0]}" if new else "No new finding of security."
    return Measure(
        name=CheckName.SECURITY,
        tool="ruff",
        unit="new findings",
        figure=None if look.problem else float(len(new)),
        summary=look.problem or told,
        command=_command(look, ("--select", _SECURITY, "--ignore", _ASSERTIONS)),
        details=[] if look.problem else [line for line, _ in new],
        duration_s=look.duration_s,
    )


def _of_security(outcome: LintOutcome) -> LintOutcome:
    return replace(outcome, findings=tuple(each for each in outcome.findings if each.rule.startswith(_SECURITY)))


def _command(look: Look, options: Sequence[str]) -> tuple[str, ...]:
    return ("ruff", "check", "--no-cache", *options, *(each.texts.path for each in look.files))

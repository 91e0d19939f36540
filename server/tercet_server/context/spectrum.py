"""Spectrum-based fault localisation: ranks lines by how suspicious traced tests make them. Pure.

The score of a line is Ochiai's (Abreu, Zoeteweij, van Gemund: "On the accuracy of spectrum-based fault localization",
TAIC PART 2007), each failing test weighted by the inverse of the number of lines it executed (Naish, Lee,
Ramamohanarao: "Spectral debugging with weights and incremental ranking", APSEC 2009), raised for lines in the
tracebacks of failures (Wong et al.: "Boosting bug-report-oriented fault localization with segmentation and
stack-trace analysis", ICSME 2014).
"""

from collections.abc import Iterable
from math import sqrt

from tercet_shared.runs import Suspect

from tercet_server.languages.kinds import is_test_path
from tercet_server.ports import Outcome, TestReport, TestResult

Line = tuple[str, int]

_FRAME_BOOST = 0.5
"""Share of the way to 1 that the innermost frame of a failure raises its line; each frame further out half of that."""
_FRAMES_COUNTED = 8


def rank(report: TestReport, limit: int) -> list[Suspect]:
    """Suspects, most suspicious first. Files that hold tests are left out, unless nothing else was executed."""
    scores = _scores(report)
    test_files = {each.test.partition("::")[0] for each in report.results.values()}
    blameable = {line: score for line, score in scores.items() if not _is_test_code(line[0], test_files)}
    syntax = dict.fromkeys(_broken_files(report), 1.0)
    chosen = {**(blameable or scores), **syntax}
    order = sorted(chosen.items(), key=lambda each: (-each[1], each[0]))
    return [Suspect(path=path, line=line, score=round(min(1.0, score), 6)) for (path, line), score in order[:limit]]


def _scores(report: TestReport) -> dict[Line, float]:
    failing = report.failing()
    passing = [each for each in report.results.values() if each.outcome is Outcome.PASSED]
    weights = _weights(failing)
    failed: dict[Line, float] = {}
    for test, weight in zip(failing, weights, strict=True):
        for line in _lines(test):
            failed[line] = failed.get(line, 0.0) + weight
    passed: dict[Line, int] = {}
    for test in passing:
        for line in _lines(test):
            if line in failed:
                passed[line] = passed.get(line, 0) + 1
    total = sum(weights)
    scores = {line: hits / sqrt(total * (hits + passed.get(line, 0))) for line, hits in failed.items()}
    for test in failing:
        _raise_frames(scores, test)
    return scores


def _weights(failing: list[TestResult]) -> list[float]:
    """One weight per failing test, their mean being 1; a test without coverage (killed, not traced) counts fully."""
    sizes = [sum(len(lines) for lines in test.covered.values()) for test in failing]
    inverse = [1.0 / size if size else 0.0 for size in sizes]
    known = [each for each in inverse if each]
    mean = sum(known) / len(known) if known else 1.0
    return [each / mean if each else 1.0 for each in inverse]


def _lines(test: TestResult) -> Iterable[Line]:
    return ((path, line) for path, lines in test.covered.items() for line in lines)


def _raise_frames(scores: dict[Line, float], test: TestResult) -> None:
    boost = _FRAME_BOOST
    seen: set[Line] = set()
    for frame in reversed(test.frames[-_FRAMES_COUNTED:]):
        line = (frame.path, frame.line)
        if line in seen:
            continue
        seen.add(line)
        before = scores.get(line, 0.0)
        scores[line] = before + (1.0 - before) * boost
        boost /= 2


def _broken_files(report: TestReport) -> list[Line]:
    """Where the import of a test file broke outside the tests themselves: the innermost frame says."""
    innermost = [each.frames[-1] for each in report.collection_errors if each.frames]
    return [(frame.path, frame.line) for frame in innermost]


def _is_test_code(path: str, test_files: set[str]) -> bool:
    return path in test_files or is_test_path(path)

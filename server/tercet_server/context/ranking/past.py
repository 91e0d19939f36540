"""What a history says of files: which commits speak of the words, what changed lately, what changes together. Pure."""

from collections.abc import Sequence

import numpy as np

from tercet_server.context.ranking.material import Past, Values
from tercet_server.context.ranking.request import Term

_SWEEP = 30
"""A commit that changed more files says nothing of any of them."""

_COMPANY = 12
"""The same for what changes together."""

_SPEAKERS = 100
"""Commits that vote: the best by their messages."""

_LENGTH, _HALF = 0.75, 1.0
_EMPHASIS = 4
"""A file counts by the 4-norm of its commits' scores: near their best, a little more for each further one."""

_YEAR_DAYS = 365.25
_FADES_YEARS, _COMPANY_FADES_YEARS = 6.0, 3.0
"""Half-lives of what a message and a common change say."""


def speaking(past: Past, terms: Sequence[Term]) -> Values:
    """BM25 of each commit's message, fading with age; 0 for sweeps and for all but the best."""
    count = len(past.names)
    scores = np.zeros(count)
    if not count:
        return scores
    average = max(float(past.lengths.mean()), 1e-9)
    norms = 1 - _LENGTH + _LENGTH * past.lengths / average
    for term in terms:
        for spelling in term.spellings:
            commits, counts = past.messages.get(spelling, _NOWHERE)
            rarity = np.log(1 + (count - len(commits) + 0.5) / (len(commits) + 0.5))
            value = counts / norms[commits]
            scores[commits] += term.weight * rarity * value / (value + _HALF)
    scores *= 0.5 ** (past.ages / _FADES_YEARS)
    scores[(past.files_changed > _SWEEP) | (past.files_changed == 0)] = 0.0
    if count > _SPEAKERS:
        scores[scores < np.partition(scores, -_SPEAKERS)[-_SPEAKERS]] = 0.0
    return scores


def changed_by(past: Past, commit_scores: Values, files: int) -> Values:
    """Of each file, by the commits that changed it."""
    shared = commit_scores**_EMPHASIS / np.sqrt(np.maximum(past.files_changed, 1))
    total = np.bincount(past.file, shared[past.commit], files)
    norm: Values = np.asarray(total ** (1 / _EMPHASIS), np.float64)
    return norm


def lately_changed(past: Past, files: int) -> Values:
    """1 for a file that the newest commit changed, less by the logarithm of the days since it changed, 0 after ten years."""
    youngest = np.full(files, np.inf)
    telling = past.files_changed[past.commit] <= _SWEEP
    np.minimum.at(youngest, past.file[telling], past.ages[past.commit[telling]])
    since: Values = np.maximum(1 - np.log1p(youngest * _YEAR_DAYS) / np.log1p(10 * _YEAR_DAYS), 0.0)
    return since


def companions(past: Past, seeds: Values) -> Values:
    """Of each file, how surely it changed when the files of `seeds` (a weight each) did."""
    files, commits = len(seeds), len(past.names)
    usable = (past.files_changed > 1) & (past.files_changed <= _COMPANY)
    weight = np.where(usable, 0.5 ** (past.ages / _COMPANY_FADES_YEARS) / np.maximum(past.files_changed - 1, 1), 0.0)
    smoothed = np.bincount(past.file, weight[past.commit], files) + 1.0
    given = (seeds / smoothed)[past.file]
    together = np.bincount(past.commit, given, commits)[past.commit] - given
    return np.maximum(np.bincount(past.file, weight[past.commit] * together, files), 0.0)


_NOWHERE = (np.empty(0, np.int32), np.empty(0))

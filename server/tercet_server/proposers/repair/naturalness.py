"""How natural an edit reads in its file: a trigram model of the file's own tokens (Hindle et al., ICSE 2012)."""

import bisect
import math
import re
from collections import Counter

from tercet_server.proposers.repair.mutation import Mutation

_TOKEN = re.compile(r"\w+|[<>=!*/]=|\*\*|//|<<|>>|[^\w\s]")
_CONTEXT = 2


class Naturalness:
    """Built once per file; `of` is deterministic and between 0 and 1."""

    def __init__(self, text: str) -> None:
        found = list(_TOKEN.finditer(text))
        self._tokens = [each.group() for each in found]
        self._starts = [each.start() for each in found]
        self._ends = [each.end() for each in found]
        self._ones = Counter(self._tokens)
        self._twos = Counter(zip(self._tokens, self._tokens[1:], strict=False))
        self._threes = Counter(zip(self._tokens, self._tokens[1:], self._tokens[2:], strict=False))

    def of(self, mutation: Mutation) -> float:
        """The mean probability of the new tokens in their surroundings, lowered by the number of tokens changed."""
        first = bisect.bisect_right(self._ends, mutation.start)
        last = bisect.bisect_left(self._starts, mutation.end)
        new = _TOKEN.findall(mutation.replacement)
        before, after = self._tokens[max(0, first - _CONTEXT) : first], self._tokens[last : last + _CONTEXT]
        window = [*before, *new, *after]
        logs = [math.log(self._probability(*window[at - 2 : at + 1])) for at in range(2, len(window))]
        likely = math.exp(sum(logs) / len(logs)) if logs else 1.0
        return likely / (1 + 0.15 * _changed(self._tokens[first:last], new))

    def _probability(self, first: str, second: str, third: str) -> float:
        """Interpolated: trigram, bigram, token, anything at all."""
        pair, lone = self._twos[first, second], self._ones[second]
        trigram = self._threes[first, second, third] / pair if pair else 0.0
        bigram = self._twos[second, third] / lone if lone else 0.0
        unigram = self._ones[third] / max(1, len(self._tokens))
        return 0.5 * trigram + 0.3 * bigram + 0.15 * unigram + 0.05 / (len(self._ones) + 1)


def _changed(old: list[str], new: list[str]) -> int:
    """Tokens that are in one but not in the other, as multisets."""
    left, right = Counter(old), Counter(new)
    return (left - right).total() + (right - left).total()

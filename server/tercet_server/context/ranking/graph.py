"""What is near in the graph of references: personalised PageRank. Pure.

Page and others: "The PageRank citation ranking", 1999, section 6.
"""

import numpy as np

from tercet_server.context.ranking.material import Links, Values

_FOLLOWED = 0.5
"""How often the walk goes on instead of starting anew: near matters, far does not."""

_STEPS = 12
"""What is left to distribute after them is less than a thousandth."""


def near(links: Links, seeds: Values) -> Values:
    """The share of a random walk, from the files of `seeds` along references in both directions, at each file."""
    files = len(seeds)
    total = float(seeds.sum())
    if total <= 0:
        return np.zeros(files)
    start = seeds / total
    if not len(links.source):
        return start
    source = np.concatenate((links.source, links.target))
    target = np.concatenate((links.target, links.source))
    weight = np.concatenate((links.weight, links.weight))
    leaving = np.bincount(source, weight, files)
    weight = weight / np.maximum(leaving[source], 1e-12)
    share = start
    for _ in range(_STEPS):
        arriving = np.bincount(target, share[source] * weight, files)
        share = (1 - _FOLLOWED) * start + _FOLLOWED * arriving
        share = share + (1 - share.sum()) * start
    return share

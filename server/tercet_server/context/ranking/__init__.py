"""Ranks the files and definitions of a code base for a request in words, and says why. Pure: it reads nothing itself.

Loads numpy, so whoever needs it imports it on use, never when the daemon starts.
"""

from tercet_server.context.ranking.explanation import Reason
from tercet_server.context.ranking.fusion import Ranked, Ranking, rank
from tercet_server.context.ranking.lexical import Lexicon
from tercet_server.context.ranking.material import CodeBase, Links, Occurrences, Past
from tercet_server.context.ranking.request import Request, Term, parse_request
from tercet_server.context.ranking.roles import is_main
from tercet_server.context.ranking.signals import Sought

__all__ = [
    "CodeBase",
    "Lexicon",
    "Links",
    "Occurrences",
    "Past",
    "Ranked",
    "Ranking",
    "Reason",
    "Request",
    "Sought",
    "Term",
    "is_main",
    "parse_request",
    "rank",
]

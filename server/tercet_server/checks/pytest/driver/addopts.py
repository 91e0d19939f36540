"""Takes out of a project's own pytest options those that would distribute, measure, reorder or cut short a run.

Everything else of the project's configuration stays as it is.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

_WITHOUT_VALUE = {
    "-x", "--exitfirst", "--lf", "--last-failed", "--ff", "--failed-first", "--nf", "--new-first", "--cache-clear",
    "--sw", "--stepwise", "--sw-skip", "--stepwise-skip", "--sw-reset", "--stepwise-reset", "--pdb", "--trace",
    "--forked", "--boxed", "-f", "--looponfail", "--no-cov", "--no-cov-on-fail", "--cov-append", "--cov-branch",
    "--random-order", "--randomly-dont-reset-seed", "--randomly-dont-reorganize", "--collect-only", "--co",
    "--setup-only", "--setup-plan", "--setup-show", "--self-contained-html", "-l", "--showlocals",
}  # fmt: skip
_WITH_VALUE = {
    "-n", "--numprocesses", "--maxprocesses", "--dist", "--tx", "--px", "--maxfail", "--lfnf",
    "--last-failed-no-failures", "--pdbcls", "--cov-report", "--cov-config", "--cov-fail-under", "--cov-context",
    "--junitxml", "--junit-xml", "--html", "--json-report-file", "--report-log", "--cache-show", "--rootdir",
    "--random-order-bucket", "--random-order-seed", "--randomly-seed", "--basetemp", "--log-file", "--capture", "--tb",
}  # fmt: skip


def harmless(options: Sequence[str]) -> list[str]:
    """The options that may stay, in order."""
    kept: list[str] = []
    rest = list(options)
    while rest:
        option = rest.pop(0)
        name, equals, _ = option.partition("=")
        if name in _WITH_VALUE:
            rest = rest if equals else rest[1:]
        elif name == "--cov":
            rest = rest[1:] if not equals and rest and not rest[0].startswith("-") else rest
        elif name not in _WITHOUT_VALUE and not re.match("-n[^-]", option):
            kept.extend(_without_short_flags(option))
    return kept


def _without_short_flags(option: str) -> list[str]:
    """`-xvs` → `-vs`; options that take a value in the same word (`-rA`, `-Werror`) are left alone."""
    if not re.match("-[vqsxlh]{2,}$", option):
        return [option]
    letters = re.sub("[xl]", "", option[1:])
    return ["-" + letters] if letters else []

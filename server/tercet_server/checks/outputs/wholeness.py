"""Whether a runner's output goes to its end: one that stopped in the middle names fewer tests than there are. Pure."""

import re

_TAP_PLAN = re.compile(r"^1\.\.(?P<tests>\d{1,9})\b", re.MULTILINE)
_TAP_TEST = re.compile(r"^(?:not )?ok\b", re.MULTILINE)
_CARGO_BEGIN = re.compile(r"^running \d+ tests?$", re.MULTILINE)
_CARGO_END = re.compile(r"^test result: ", re.MULTILINE)
_CARGO_ERROR = re.compile(r"^error(?:\[E\d+\])?: could not compile ", re.MULTILINE)
_MINITEST_END = re.compile(r"^\d+ (?:runs?|tests?), \d+ assertions?, ", re.MULTILINE)


def missing_end(output: str, data: bytes) -> str:
    """What an output of this kind (as `suites.toml` calls it) lacks, as a sentence's end; "" if it is whole.

    JUnit's XML is written at the end or not at all, and does not parse unless it is whole.
    """
    text = data.decode("utf-8", "replace").replace("\r\n", "\n")
    if output == "tap":
        return _tap(text)
    if output == "cargo":
        return _cargo(text)
    if output == "minitest" and not _MINITEST_END.search(text):
        return "the runner's summary is missing"
    return ""


def _tap(text: str) -> str:
    plan = _TAP_PLAN.search(text)
    if plan is None:
        return "the plan is missing"
    planned, told = int(plan["tests"]), len(_TAP_TEST.findall(text))
    return f"{told} of {planned} planned tests were told" if told < planned else ""


def _cargo(text: str) -> str:
    if _CARGO_ERROR.search(text):
        return "a part does not compile"
    begun, ended = len(_CARGO_BEGIN.findall(text)), len(_CARGO_END.findall(text))
    return f"{begun - ended} of {begun} test programs ended without their summary" if ended < begun else ""

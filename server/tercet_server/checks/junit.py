"""Reads pytest's JUnit XML, which code under test may have written itself: size-limited, no entities, links not followed."""

import os
import stat
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree as ET  # documents that declare entities are refused before parsing

_FILE_BYTES = 32 * 1024 * 1024


@dataclass(frozen=True)
class JunitReport:
    """Names as pytest writes them: `package.module.Class::test[parameters]`."""

    passed: frozenset[str]
    failed: frozenset[str]
    skipped: frozenset[str]


def read_report(path: Path) -> JunitReport | None:
    """None if there is no readable report."""
    data = read_regular_file(path)
    if data is None or b"<!DOCTYPE" in data or b"<!ENTITY" in data:
        return None
    try:
        root = ET.fromstring(data)  # noqa: S314  # see above
    except (ET.ParseError, ValueError, RecursionError):
        return None
    outcomes: dict[str, str] = {}
    for case in root.iter("testcase"):
        name = f"{case.get('classname', '')}::{case.get('name', '')}"
        kinds = {child.tag for child in case}
        outcome = "failed" if kinds & {"failure", "error"} else "skipped" if "skipped" in kinds else "passed"
        outcomes[name] = "failed" if "failed" in (outcome, outcomes.get(name)) else outcome
    return JunitReport(
        **{kind: frozenset(n for n, o in outcomes.items() if o == kind) for kind in ("passed", "failed", "skipped")}
    )


def junit_name(test: str) -> str:
    """A node id as JUnit XML names it (`_pytest.junitxml.mangle_test_address`; parameters keep their own `::`)."""
    address, bracket, parameters = test.partition("[")
    *names, last = [part for part in address.split("::") if part != "()"]
    if names:
        names[0] = names[0].replace("/", ".").removesuffix(".py")
    return f"{'.'.join(names)}::{last}{bracket}{parameters}"


def read_regular_file(path: Path) -> bytes | None:
    """The content of a file that code under test has written; None for what is no plain file, or too large."""
    flags = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_CLOEXEC", 0)
    try:
        descriptor = os.open(path, flags)
    except OSError:
        return None
    with os.fdopen(descriptor, "rb") as file:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            return None
        data = file.read(_FILE_BYTES + 1)
    return data if len(data) <= _FILE_BYTES else None

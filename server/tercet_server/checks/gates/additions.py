"""The gates about what a change brings in: keys on added lines, and files that say what is installed."""

import asyncio
import time
from collections.abc import Sequence
from pathlib import PurePosixPath

from tercet_shared.edits import FileTexts
from tercet_shared.errors import TercetError
from tercet_shared.proposals import CheckName

from tercet_server.checks.gates.measure import Measure
from tercet_server.checks.review.secrets import Key, keys_in
from tercet_server.edits.lines import added_lines
from tercet_server.files.purposes import is_manifest
from tercet_server.ports import PrivateCopy

_MOST_FILES = 5000
"""Files that are searched for a key that a change adds."""


async def secrets_measure(copy: PrivateCopy, texts: Sequence[FileTexts]) -> Measure:
    """How many keys of a well-known form stand on added lines and nowhere in the code as it was."""
    started = time.monotonic()
    found = [(each.path, key) for each in texts for key in await asyncio.to_thread(_added_keys, each)]
    new = await _unknown(copy, found) if found else []
    lines = [f"{path}:{key.line + 1}: {key.what}" for path, key in new]
    more = f" (and {len(lines) - 1} more)" if len(lines) > 1 else ""
    return Measure(
        name=CheckName.SECRETS,
        tool="tercet review",
        unit="keys",
        figure=float(len(new)),
        summary=f"The change adds {lines[0]}{more}." if lines else "No added line holds a key of a well-known form.",
        command=("tercet", "review", "--base", "HEAD"),
        details=lines,
        duration_s=time.monotonic() - started,
    )


def _added_keys(change: FileTexts) -> list[Key]:
    return list(keys_in(added_lines(change.before, change.after)))


async def _unknown(copy: PrivateCopy, found: Sequence[tuple[str, Key]]) -> list[tuple[str, Key]]:
    """Without the keys that a file of the same kind held before: tests of code that knows a key may name it."""
    unknown = list(found)
    for suffix in sorted({PurePosixPath(path).suffix for path, _ in found} - {""}):
        for path in (await copy.files(suffix))[:_MOST_FILES]:
            try:
                text = await copy.read_text(path)
            except TercetError:  # too large, or no text: nothing that a change could have been written from
                continue
            unknown = [each for each in unknown if not (each[0].endswith(suffix) and each[1].value in text)]
    return unknown


def dependencies_measure(texts: Sequence[FileTexts]) -> Measure | None:
    """How many of the changed files say what is installed. None if there is none: there is nothing to say then."""
    manifests = [each.path for each in texts if is_manifest(each.path)]
    if not manifests:
        return None
    return Measure(
        name=CheckName.DEPENDENCIES,
        tool="tercet",
        unit="files that say what is installed",
        figure=float(len(manifests)),
        summary=f"The change touches {', '.join(manifests)}; what that installs is not audited.",
        command=("git", "diff", "--", *manifests),
    )

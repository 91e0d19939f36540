"""Says of what ruff finds or a gate measures that the change edits settings which therefore were not heeded. Pure.

Measures nothing; that they are not heeded is the business of whoever measures.
"""

import tomllib
from collections.abc import Sequence
from pathlib import PurePosixPath

from tercet_shared.edits import FileTexts
from tercet_shared.proposals import Check, CheckName

from tercet_server.checks.origins import is_python

_RUFF = frozenset({"ruff.toml", ".ruff.toml"})
_COVERAGE = frozenset({".coveragerc", ".coveragerc.toml"})
_INI = frozenset({"setup.cfg", "tox.ini"})
_BY_RUFF = frozenset({CheckName.LINT, CheckName.COMPLEXITY, CheckName.SECURITY})
_TERCET = "tercet.toml"


def told_of_settings(check: Check, texts: Sequence[FileTexts]) -> Check:
    """The check, with a sentence about the settings that the change edits."""
    edited = [each.path for each in texts if _sets(each, check.name, texts)]
    if not edited:
        return check
    note = f"Settings that the change edits were not heeded: {', '.join(edited)}."
    return check.model_copy(update={"summary": f"{check.summary} {note}"})


def _sets(file: FileTexts, gate: CheckName, texts: Sequence[FileTexts]) -> bool:
    if file.path == _TERCET:
        return _differs(file, "gates")
    name = PurePosixPath(file.path).name
    if gate in _BY_RUFF and _is_above_python(file.path, texts):
        return name in _RUFF or (name == "pyproject.toml" and _differs(file, "tool", "ruff"))
    if gate is CheckName.COVERAGE:
        if name in _INI:
            return any("[coverage:" in text for text in (file.before or "", file.after))
        return name in _COVERAGE or (name == "pyproject.toml" and _differs(file, "tool", "coverage"))
    return False


def _is_above_python(path: str, texts: Sequence[FileTexts]) -> bool:
    folder = PurePosixPath(path).parent
    return any(folder in PurePosixPath(each.path).parents for each in texts if is_python(each.path))


def _differs(file: FileTexts, *keys: str) -> bool:
    """Whether a table is another one after the change. What cannot be read may have held anything."""
    try:
        return _table(file.before or "", keys) != _table(file.after, keys)
    except (ValueError, RecursionError):
        return True


def _table(text: str, keys: Sequence[str]) -> object:
    found: object = tomllib.loads(text)
    for key in keys:
        found = found.get(key) if isinstance(found, dict) else None
    return found

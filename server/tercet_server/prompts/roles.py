"""Which role a model takes besides its duty: policy as data (`roles.toml`), words as text files. Knows no model."""

import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import cache
from importlib.resources import files
from pathlib import PurePosixPath

from tercet_shared.runs import Intent

from tercet_server.ports import Duty
from tercet_server.prompts.rendering import render


@dataclass(frozen=True)
class Role:
    """`intents` and `paths` (patterns of file names) narrow it; none: whatever it is about."""

    name: str
    duty: Duty
    intents: frozenset[Intent]
    paths: tuple[str, ...]

    def fits(self, duty: Duty, intent: Intent, paths: Sequence[str]) -> bool:
        if self.duty is not duty or (self.intents and intent not in self.intents):
            return False
        names = [PurePosixPath(path).name for path in paths]
        fitting = sum(any(fnmatchcase(name, pattern) for pattern in self.paths) for name in names)
        return not self.paths or fitting * 2 > len(names)


def role_text(duty: Duty, intent: Intent, paths: Sequence[str]) -> str:
    """What a model with this duty is told about how to look at the work; empty for a repair, where the tests say it all.

    Blocks at first.
    """
    if intent is Intent.FIX and duty is Duty.CODER:
        return ""
    role = next((each for each in roles() if each.fits(duty, intent, paths)), None)
    return render(f"role_{role.name}").strip() if role is not None else ""


@cache
def roles() -> tuple[Role, ...]:
    """All of them, in the order in which they are tried. Blocks at first."""
    data = tomllib.loads(files("tercet_server.prompts").joinpath("roles.toml").read_text("utf-8"))
    return tuple(
        Role(each["name"], Duty(each["duty"]), frozenset(map(Intent, each["intents"])), tuple(each["paths"]))
        for each in data["role"]
    )

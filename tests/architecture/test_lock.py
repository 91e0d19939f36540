"""The lock is fresh: it satisfies every dependency that pyproject.toml names, and each of those earns its line."""

import re
import tomllib
from pathlib import Path

from packaging.requirements import Requirement

REPOSITORY = Path(__file__).parents[2]
PROJECT = tomllib.loads((REPOSITORY / "pyproject.toml").read_text("utf-8"))
LOCKED = dict(
    re.findall(r"^([A-Za-z0-9._-]+)==([^ ;\\]+)", (REPOSITORY / "requirements.lock").read_text("utf-8"), re.MULTILINE)
)


def named() -> list[Requirement]:
    extras = [each for extra in PROJECT["project"]["optional-dependencies"].values() for each in extra]
    lines = [*PROJECT["project"]["dependencies"], *PROJECT["dependency-groups"]["dev"], *extras]
    return [each for each in map(Requirement, lines) if each.name != "tercet"]


def test_the_lock_satisfies_every_named_dependency():
    stale = [str(each) for each in named() if not each.specifier.contains(LOCKED.get(each.name, "0"), prereleases=True)]
    assert not stale, "run `make lock`"


def test_every_dependency_says_what_it_is_for():
    lines = (REPOSITORY / "pyproject.toml").read_text("utf-8").splitlines()
    silent = [
        line for line in lines if re.match(r'^    "[a-z][\w\[\]-]*[><=]=', line) and not re.search(r",\s+# \S.*", line)
    ]
    assert not silent

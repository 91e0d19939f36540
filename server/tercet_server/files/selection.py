"""Says what of a workspace stays out of private copies and of the index. Judges by names alone and touches no file."""

import re
from fnmatch import translate

VERSION_CONTROL = frozenset({".git", ".hg", ".svn", ".jj", ".bzr"})

_SECRET_FOLDERS = frozenset({".ssh", ".gnupg", ".aws", ".azure", ".kube"})

_REMADE_BY_TOOLS = frozenset(
    {
        "node_modules",
        "__pycache__",
        ".mypy_cache",
        ".pytest_cache",
        ".ruff_cache",
        ".tox",
        ".nox",
        ".hypothesis",
        ".ipynb_checkpoints",
        ".import_linter_cache",
        ".pyre",
        ".pytype",
        ".eggs",
    }
)

VIRTUALENV_MARK = "pyvenv.cfg"
"""A folder with this file is a virtual environment (PEP 405)."""


def _any_of(*patterns: str) -> re.Pattern[str]:
    return re.compile("|".join(map(translate, patterns)))


_SECRET = _any_of(
    ".env", ".env.*", ".envrc", "*.pem", "*.key", "*.p12", "*.pfx", "*.jks", "*.keystore", "id_rsa", "id_dsa", "id_ecdsa",
    "id_ed25519", ".netrc", ".pypirc", ".npmrc", ".pgpass", ".htpasswd", ".git-credentials",
)  # fmt: skip
_NOT_SECRET = _any_of(".env.example", ".env.sample", ".env.template", ".env.dist")

_OF_EDITORS = _any_of(".*.sw?", ".#*", "#*#", "4913", "*~", ".tercet-*")
"""Swap and lock files: they come and go while somebody types, and no test reads them."""


def is_left_out_folder(name: str) -> bool:
    folded = name.casefold()
    return folded in VERSION_CONTROL or folded in _REMADE_BY_TOOLS or folded in _SECRET_FOLDERS


def is_version_control(path: str) -> bool:
    """Whether a relative path is of, or inside, the folder of a version control system."""
    return any(part.casefold() in VERSION_CONTROL for part in path.split("/"))


def is_secret(name: str) -> bool:
    """Whether a file's name is one of those that hold passwords and keys; such a file never leaves the workspace."""
    folded = name.casefold()
    return _SECRET.match(folded) is not None and not _NOT_SECRET.match(folded)


def is_left_out_file(name: str) -> bool:
    return name.casefold() in VERSION_CONTROL or _OF_EDITORS.match(name) is not None or is_secret(name)


def is_left_out(path: str) -> bool:
    """Whether the file at a relative path stays out, by the names of its folders or its own."""
    *folders, name = path.split("/")
    return is_left_out_file(name) or any(is_left_out_folder(folder) for folder in folders)

"""Which files are code, and which of them tests, by the names that the runners of many languages look for. Reads nothing."""

import re
from pathlib import PurePosixPath

_NAMES = re.compile(
    r"""conftest\.py | test_.*\.(py|rb|sh|c|cc|cpp) | .*_(test|spec)\.(py|go|rb|exs?|sh|c|cc|cpp|dart|lua)
    | (test | test-.+ | .+[.\-_](test|spec|cy))\.[cm]?[jt]sx?
    | .*(Test|Tests|TestCase|IT|Spec)\.(java|kt|kts|scala|groovy|cs|php|swift)
    | .*\.bats | .*\.t""",
    re.VERBOSE,
)
_FOLDERS = frozenset({"__tests__", "testdata"})


def is_test_path(path: str) -> bool:
    """Whether a file is one of tests, or of what only tests use."""
    *folders, name = PurePosixPath(path).parts
    return _NAMES.fullmatch(name) is not None or not _FOLDERS.isdisjoint(folders)


_CODE = (
    *(
        ".py",
        ".pyi",
        ".pyw",
        ".js",
        ".mjs",
        ".cjs",
        ".jsx",
        ".ts",
        ".mts",
        ".cts",
        ".tsx",
        ".go",
        ".rs",
        ".java",
        ".kt",
        ".kts",
    ),
    *(
        ".scala",
        ".cs",
        ".swift",
        ".c",
        ".h",
        ".cc",
        ".cpp",
        ".cxx",
        ".hh",
        ".hpp",
        ".hxx",
        ".rb",
        ".php",
        ".sh",
        ".bash",
        ".bats",
    ),
    *(".lua", ".ex", ".exs", ".zig", ".ps1"),
)


def is_code_path(path: str) -> bool:
    """Whether a file is run or compiled, as far as its suffix tells."""
    return path.lower().endswith(_CODE)

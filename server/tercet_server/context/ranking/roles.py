"""What a file is for, by its path: code that makes the product, or tests, prose, data beside it. Pure."""

import re

_BESIDE = frozenset(
    """
    test tests testing __tests__ __mocks__ spec specs testdata test-data fixtures e2e bench benches benchmark benchmarks
    example examples sample samples demo demos doc docs docs_src website changelog changelogs node_modules vendor
    third_party third-party dist playground sandbox
    """.split()  # noqa: SIM905 - a page of commas
)
"""Folders that hold what goes with the code."""

_BESIDE_FOLDER = re.compile(r".+[-_](?:tests?|specs?|fixtures|examples)$|^tests?[-_].+", re.IGNORECASE)
_TEST_FILE = re.compile(
    r"^(?:test_.*|conftest|tests?)\.\w+$|[._-](?:test|tests|spec|specs|test-d|bench)\.\w+$|[a-z\d](?:Test|Tests|IT|Spec)\.\w+$"
)
_NOT_CODE = re.compile(
    r"\.(?:md|mdx|rst|txt|adoc|textile|man|[1-9]|json5?|jsonc|ya?ml|toml|ini|cfg|conf|xml|xsd|csv|tsv|lock|sum|svg|snap|properties"
    r"|map|in|po|pot|log|diff|patch|golden|out|gradle|bazel|nix|d\.ts|min\.js)$"
    r"|(?:^|/)(?:licen[cs]e|copying|authors|changelog|changes|readme|makefile|dockerfile|\.[^/]*)[^/]*$",
    re.IGNORECASE,
)


def is_main(path: str) -> bool:
    """Whether it is code of the product itself."""
    *folders, name = path.split("/")
    if any(folder.lower() in _BESIDE or _BESIDE_FOLDER.match(folder) for folder in folders):
        return False
    return not (_TEST_FILE.search(name) or _NOT_CODE.search(path))

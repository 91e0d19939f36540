"""Which changed files of Rust hold tests beside their code: no verdict of those tests says anything of a change there. Pure."""

import re

from tercet_shared.edits import FileTexts

_TEST_ATTRIBUTE = re.compile(r"#\s*!?\s*\[[^\]]{0,500}\btest\b")
_EXAMPLE = re.compile(r"^\s*//[/!].*```", re.MULTILINE)
_DOCUMENTATION = re.compile(r"^\s*//[/!].*$", re.MULTILINE)


def may_bend_tests(file: FileTexts) -> bool:
    """Whether a change of this file may be one of the tests that cargo runs: unit tests in it, or examples in its documentation.

    Rust's macros and conditions can make a test expect anything from anywhere in its file, so the whole file counts.
    """
    if not file.path.endswith(".rs"):
        return False
    before = file.before or ""
    if any(_TEST_ATTRIBUTE.search(text) for text in (before, file.after)):
        return True
    has_examples = any(_EXAMPLE.search(text) for text in (before, file.after))
    return has_examples and _DOCUMENTATION.findall(before) != _DOCUMENTATION.findall(file.after)

"""Docstring skeletons: what the code says of itself, in the file's own style, and never a change of code."""

import ast
from pathlib import Path
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tercet_server.edits import apply_edits
from tercet_server.proposers import DocumentationProposer
from tercet_server.proposers.documentation.writing import bare, documented
from tercet_shared.proposals import Candidate
from tercet_shared.runs import Intent, PlanStep, Progress, Target

from tests.doubles.folder_copy import FolderCopy

PURSE = '''\
class Purse:
    def put_in(self, cents: int, *, note="") -> bool:
        if cents < 0:
            raise ValueError("no debt")
        return True

    def _own(self):
        pass


def read(path):
    """Reads."""
'''


def everything(name: str, node: object) -> bool:
    return True


def docstring_of(text: str, name: str) -> str:
    made, _ = documented(text, everything)
    nodes = (each for each in ast.walk(ast.parse(made)) if getattr(each, "name", "") == name)
    return ast.get_docstring(next(nodes)) or ""  # type: ignore[arg-type]  # a definition


def test_google_is_the_style_where_none_is_followed():
    assert docstring_of(PURSE, "put_in") == (
        "Put in.\n\nArgs:\n    cents (int):\n    note: Defaults to ''.\n\nReturns:\n    bool.\n\nRaises:\n"
        "    ValueError: If `cents < 0`."
    )
    assert docstring_of(PURSE, "Purse") == "A purse."


@pytest.mark.parametrize(
    ("other", "expected"),
    [
        (
            "Reads.\n\n    :param path: where",
            ":param cents:\n:type cents: int\n:param note: Defaults to ''.\n:rtype: bool",
        ),
        (
            "Reads.\n\n    Parameters\n    ----------\n    path",
            "Parameters\n----------\ncents : int\nnote\n    Defaults to ''.",
        ),
    ],
)
def test_the_style_of_the_file_is_followed(other: str, expected: str):
    assert expected in docstring_of(PURSE.replace("Reads.", other), "put_in")


def test_what_is_private_documented_or_on_one_line_stays_as_it_is():
    made, names = documented(PURSE + "\n\ndef short(): return 1\n", everything)
    assert names == ["Purse", "Purse.put_in"]
    assert made.endswith("def short(): return 1\n")
    assert documented(made, everything) == (made, [])


def test_generators_stars_and_odd_line_ends():
    text = "def each(*items, **more):\r\n    yield from items\r\n"
    made, _ = documented(text, everything)
    assert made.count("\n") == made.count("\r\n")
    assert "*items:" in made
    assert "Yields:" in made


NAMES = st.sampled_from(["f", "read_all", "Ä", "x9"])
BODIES = st.sampled_from([
    "    return 1\n", "    @property\n    def g(self): pass\n", "    'text'\n", "    raise E('\\\\')\n", " pass\n",
    "    x = '''\na'''\n",
    "    if a == \"\"\"b\"\"\":\n        raise E\n", "    # comment\n\n    pass\n", "\tpass\n",
])  # fmt: skip


@given(
    st.lists(
        st.tuples(st.sampled_from(["def {}(a, b=1):\n", "class {}:\n", "async def {}(*, c: 'X'):\n"]), NAMES, BODIES),
        max_size=4,
    )
)
def test_nothing_but_docstrings_ever_changes(parts: list[tuple[str, str, str]]):
    text = "".join(head.format(name) + body for head, name, body in parts)
    made, names = documented(text, everything)
    assert bare(made) == bare(text)
    assert documented(made, everything)[0] == made
    assert (made == text) == (not names)


async def proposed(folder: Path, target: Target) -> list[Candidate]:
    (folder / "o").mkdir()
    (folder / "o/purse.py").write_text(PURSE)
    (folder / "o/broken.py").write_text("def f(:\n")
    task = SimpleNamespace(
        copy=FolderCopy(folder / "o", folder / "copy"),
        intent=Intent.DOCUMENT,
        target=target,
        step=PlanStep(id="1", title="d"),
    )

    async def progress(_: Progress) -> None:
        return None

    return [each async for each in DocumentationProposer().propose(task, progress)]  # type: ignore[arg-type]  # all that it asks for


async def test_a_file_or_a_symbol_of_it_is_documented(tmp_path: Path):
    (candidate,) = await proposed(tmp_path, Target(path="purse.py", symbol="Purse.put_in"))
    assert candidate.title == "document Purse.put_in"
    assert "Put in." in apply_edits(PURSE, candidate.change_set.files[0].edits)
    assert "A purse." not in apply_edits(PURSE, candidate.change_set.files[0].edits)


@pytest.mark.parametrize("path", ["broken.py", "gone.py", "notes.txt"])
async def test_what_cannot_be_read_has_no_candidate(tmp_path: Path, path: str):
    assert await proposed(tmp_path, Target(path=path)) == []


def test_a_class_is_followed_by_an_empty_line_and_has_its_article():
    changed, _ = documented("class Order:\n    number: int\n", everything)
    assert changed == 'class Order:\n    """An order."""\n\n    number: int\n'

"""Whether, and as the how manieth edit, the repair would undo a fault."""

import pytest

from benchmarks.planted_external import fault_between
from benchmarks.planted_undone import rank_of_undoing

TEXT = "import os\n\n\ndef area(width, height):\n    if width <= 0:\n        return None\n    return width * height\n"


@pytest.mark.parametrize(
    ("right", "wrong"), [("<=", "<"), ("*", "<<"), ("None", "0"), ("width <= 0", "not width <= 0")]
)
def test_an_edit_that_the_operators_know_has_a_rank(right: str, wrong: str) -> None:
    rank = rank_of_undoing(fault_between("a.py", "op", TEXT, TEXT.replace(right, wrong)), TEXT)
    assert rank is not None
    assert 0 <= rank < 200


def test_what_nothing_in_the_file_tells_of_has_none() -> None:
    told = TEXT.replace("width * height", "round(os.path.getsize(height) / 7.25)")
    assert (
        rank_of_undoing(
            fault_between("a.py", "op", told, told.replace("round(os.path.getsize(height) / 7.25)", "None")), told
        )
        is None
    )

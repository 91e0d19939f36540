"""What becomes of a session, a survey and a proof where importing the tests hangs or ends pytest, or time runs out."""

from pathlib import Path

import pytest
from tercet_server.agents.survey import take_survey
from tercet_server.checks import reports
from tercet_server.checks.regression import Judgement
from tercet_server.edits import file_edit
from tercet_server.ports import Outcome, ProofTask
from tercet_shared.edits import ChangeSet
from tercet_shared.errors import NoTests
from tercet_shared.proposals import CheckName, CheckStatus, Evidence
from tercet_shared.workspaces import Interpreter

WRONG, RIGHT = "def step(n):\n    return n - 1\n", "def step(n):\n    return n + 1\n"
TARGET = "tests/test_step.py::test_step"
STEP = {
    "shop/__init__.py": "",
    "shop/step.py": WRONG,
    "tests/test_step.py": "from shop.step import step\n\n\ndef test_step():\n    assert step(1) == 2\n",
}
HANGS = "while True:\n    pass\n"
ENDS_PYTEST = """\
import pytest
from shop.step import step

if step(1) == 2:
    pytest.exit('enough')


def test_more():
    pass
"""


async def silent(progress):
    pass


async def _prove(runner, copy, interpreter) -> Evidence:
    task = ProofTask(
        change_set=ChangeSet(files=[file_edit("shop/step.py", WRONG, RIGHT)]),
        target_tests=[TARGET],
        deadline_s=60,
        per_test_s=10,
    )
    return await runner.prove(copy, interpreter, task, silent)


async def test_a_module_that_hangs_is_a_collection_error_and_the_others_are_found(open_session):
    files = {"test_hangs.py": HANGS, "test_right.py": "def test_right():\n    pass\n"}
    async with open_session(files) as session:
        await session.run(["test_right.py"], per_test_s=1, deadline_s=30)  # since then it knows how long imports take
        report = await session.collect()
    assert report.not_run == ("test_right.py::test_right",)
    assert [(each.test, each.outcome) for each in report.collection_errors] == [("test_hangs.py", Outcome.TIMEOUT)]
    assert report.complete


async def test_a_survey_names_the_only_test_module_when_its_import_ends_the_process(open_session):
    async with open_session({"test_dies.py": "import os\n\nos._exit(3)\n"}) as session:
        survey = await take_survey(session, (), per_test_s=5, deadline_s=60, progress=silent)
    assert [each.test for each in survey.failing] == ["test_dies.py"]
    assert "exit code 3" in survey.failing[0].message


async def test_a_survey_does_not_call_a_collection_without_end_a_lack_of_tests(open_session):
    async with open_session(
        {"conftest.py": "import os\n\nos._exit(3)\n", "test_a.py": "def test_a(): pass\n"}
    ) as session:
        with pytest.raises(NoTests, match="did not come to the end of collecting"):
            await take_survey(session, (), per_test_s=5, deadline_s=60, progress=silent)


async def test_a_change_by_which_a_module_ends_pytest_is_not_verified(runner, make_copy, interpreter):
    evidence = await _prove(runner, make_copy({**STEP, "tests/test_exit.py": ENDS_PYTEST}), interpreter)
    others = next(check for check in evidence.checks if check.name is CheckName.TESTS)
    assert not evidence.verified
    assert others.status is CheckStatus.FAILED
    assert "tests/test_exit.py" in (evidence.unverified_reason or "")


@pytest.mark.parametrize(
    ("hidden", "said"),
    [
        (
            "if step(1) == 0:\n    def test_more():\n        pass\n",
            "test_more passes without the change and is not coll",
        ),
        (
            "import pytest\n\n\ndef test_more():\n    pytest.skip('so') if step(1) == 2 else None\n",
            "test_more passes without the change and is skipped with it",
        ),
    ],
)
async def test_a_test_that_the_change_hides_beside_the_target(runner, make_copy, interpreter, hidden, said):
    own = STEP["tests/test_step.py"] + "\n\n" + hidden
    evidence = await _prove(runner, make_copy({**STEP, "tests/test_step.py": own}), interpreter)
    assert not evidence.verified
    assert said in (evidence.unverified_reason or "")


def test_no_time_for_any_other_test_is_an_error_and_for_some_is_not(tmp_path: Path):
    interpreter = Interpreter(path=str(tmp_path), source="tercet")
    none = reports.others_ran(interpreter, ["a", "b"], Judgement(not_run=("a", "b")), 1.0)
    some = reports.others_ran(interpreter, ["a", "b"], Judgement(passed=("a",), not_run=("b",)), 1.0)
    assert none.status is CheckStatus.ERROR
    assert none.summary == "There was no time to run the 2 other tests."
    assert some.status is CheckStatus.PASSED
    assert some.not_run == ["b"]
    assert "1 were left out for want of time" in some.summary

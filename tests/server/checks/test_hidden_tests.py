"""A change that makes other tests disappear, skip themselves or break the collection is never called verified."""

import pytest
from tercet_server.checks import CheckRunner
from tercet_server.edits import file_edit
from tercet_server.ports import ProofTask
from tercet_shared.edits import ChangeSet
from tercet_shared.proposals import CheckName, CheckStatus, Evidence

WRONG, RIGHT = "def step(n):\n    return n - 1\n", "def step(n):\n    return n + 1\n"
TARGET = "tests/test_step.py::test_step"
STEP = {
    "shop/__init__.py": "",
    "shop/step.py": WRONG,
    "tests/test_step.py": "from shop.step import step\n\n\ndef test_step():\n    assert step(1) == 2\n",
    "tests/test_zero.py": "from shop.step import step\n\n\ndef test_zero():\n    assert step(1) == 0\n",
}
HIDING = {
    "disappears": "@pytest.mark.parametrize('x', range(step(1), 1))\ndef test_one(x):\n    pass\n",
    "skips itself": "@pytest.mark.skipif(step(1) == 2, reason='hidden')\ndef test_one():\n    pass\n",
    "ends the collection": "import os\nif step(1) == 2:\n    os._exit(0)\ndef test_one():\n    pass\n",
}


async def _prove(runner: CheckRunner, copy, interpreter) -> Evidence:
    async def listen(progress):
        pass

    change_set = ChangeSet(files=[file_edit("shop/step.py", WRONG, RIGHT)])
    task = ProofTask(change_set=change_set, target_tests=[TARGET], deadline_s=60, per_test_s=10)
    return await runner.prove(copy, interpreter, task, listen)


@pytest.mark.parametrize("hiding", HIDING.values(), ids=HIDING)
async def test_a_test_that_the_change_hides(hiding, runner, make_copy, interpreter):
    files = {path: text for path, text in STEP.items() if "zero" not in path}
    hidden = f"import pytest\nfrom shop.step import step\n\n\n{hiding}"
    evidence = await _prove(runner, make_copy({**files, "tests/test_hidden.py": hidden}), interpreter)
    assert not evidence.verified
    assert "tests/test_hidden.py" in (evidence.unverified_reason or "")


async def test_what_stands_behind_a_broken_collection_is_run_all_the_same(runner, make_copy, interpreter):
    hidden = f"from shop.step import step\n\n\n{HIDING['ends the collection']}"
    evidence = await _prove(runner, make_copy({**STEP, "tests/test_hidden.py": hidden}), interpreter)
    others = next(check for check in evidence.checks if check.name is CheckName.TESTS)
    assert others.status is CheckStatus.FAILED
    assert "tests/test_zero.py::test_zero" in others.failed


async def test_tests_that_skip_anyway_hide_nothing(runner, make_copy, interpreter):
    files = {path: text for path, text in STEP.items() if "zero" not in path}
    idle = "import pytest\n\n\n@pytest.mark.skip(reason='not here')\ndef test_idle():\n    pass\n"
    evidence = await _prove(runner, make_copy({**files, "tests/test_idle.py": idle}), interpreter)
    assert evidence.verified, evidence.unverified_reason

"""Tests of JavaScript projects, run by Node's own runner in the sandbox."""

import shutil
from collections.abc import Callable

import pytest
from tercet_server.checks import CheckRunner
from tercet_server.edits import file_edit
from tercet_server.ports import Outcome, ProofTask
from tercet_shared.edits import ChangeSet
from tercet_shared.proposals import CheckName
from tercet_shared.runs import Progress
from tercet_shared.workspaces import Interpreter

from tests.doubles.folder_copy import FolderCopy
from tests.server.checks.suites.conftest import Opened

pytestmark = [
    pytest.mark.must_have("repair of JavaScript"),
    pytest.mark.skipif(shutil.which("node") is None, reason="there is no Node"),
]

FAILS = "test/cart.test.js::Cart > gives a discount from ten pieces on"
Copies = Callable[..., FolderCopy]


async def no_progress(_: Progress) -> None:
    pass


async def test_a_failing_test_is_named_with_its_place_and_lines(copy_of: Copies, open_tests: Opened):
    copy = copy_of(example="javascript-cart")
    async with open_tests(copy) as session:
        collected = await session.collect()
        report = await session.run(collected.not_run, per_test_s=5, deadline_s=60, trace=True)
    assert (collected.tool, len(collected.not_run), collected.complete) == ("node --test", 7, True)
    [failed] = report.failing()
    assert (failed.test, failed.outcome) == (FAILS, Outcome.FAILED)
    assert failed.frames[-1].path == "test/cart.test.js"
    assert 9 in failed.covered["src/discount.js"]
    assert "src/discount.js" not in report.results["test/money.test.js::cents are whole"].covered


async def test_a_variant_is_tried_without_touching_the_copy(copy_of: Copies, open_tests: Opened):
    copy = copy_of(example="javascript-cart")
    before = (copy.root / "src/discount.js").read_text()
    async with open_tests(copy) as session:
        right = before.replace("> step", ">= step")
        report = await session.run([FAILS], per_test_s=5, deadline_s=60, texts={"src/discount.js": right})
        again = await session.run([FAILS], per_test_s=5, deadline_s=60)
    assert report.results[FAILS].outcome is Outcome.PASSED
    assert again.results[FAILS].outcome is Outcome.FAILED
    assert (copy.root / "src/discount.js").read_text() == before


ODD = {
    "package.json": '{"type": "module"}',
    "broken.test.js": "import './gone.js';\n",
    "quits.test.js": "import test from 'node:test';\ntest('one', () => {});\ntest('two', () => process.exit(0));\n",
    "late.test.js": "import test from 'node:test';\ntest('one', () => {});\nsetTimeout(() => { throw new Error('late'); }, 50);\n",
    "hangs.test.js": "import test from 'node:test';\ntest('ends', () => {});\ntest('hangs', () => { for (;;); });\n",
    "skipped.test.js": "import test from 'node:test';\ntest.skip('s', () => {});\ntest.todo('t');\n",
}


async def test_what_did_not_run_to_its_end_never_passes(copy_of: Copies, open_tests: Opened):
    asked = [
        "broken.test.js::x", "quits.test.js::one", "quits.test.js::two", "late.test.js::one", "hangs.test.js::hangs",
        "skipped.test.js::s", "skipped.test.js::t", "skipped.test.js::none",
    ]  # fmt: skip
    async with open_tests(copy_of(ODD), workers=2) as session:
        report = await session.run(asked, per_test_s=0.5, deadline_s=25)
    outcomes = {test: each.outcome for test, each in report.results.items()}
    assert outcomes["broken.test.js::x"] is Outcome.ERROR
    assert outcomes["quits.test.js::two"] is Outcome.ERROR
    assert outcomes["hangs.test.js::hangs"] is Outcome.TIMEOUT
    assert outcomes["skipped.test.js::s"] is outcomes["skipped.test.js::t"] is Outcome.SKIPPED
    assert outcomes["skipped.test.js::none"] is Outcome.ERROR
    errors = {each.test: each.message for each in report.collection_errors}
    assert "Cannot find module" in errors["broken.test.js"]
    assert "late.test.js" in errors or outcomes["late.test.js::one"] is Outcome.ERROR or report.failing()
    assert Outcome.PASSED not in {outcomes["quits.test.js::two"], outcomes["hangs.test.js::hangs"]}


async def prove(runner: CheckRunner, copy: FolderCopy, interpreter: Interpreter, old: str, new: str, tests: list[str]):
    path = "src/discount.js"
    text = await copy.read_text(path)
    change = ChangeSet(files=[file_edit(path, text, text.replace(old, new))])
    return await runner.prove(copy, interpreter, ProofTask(change, tests, 60, 5), no_progress)


async def test_a_right_change_is_verified(copy_of: Copies, runner: CheckRunner, interpreter: Interpreter):
    copy = copy_of({"tests/test_page.py": "def test_page(): pass\n"}, example="javascript-cart")
    evidence = await prove(runner, copy, interpreter, "> step", ">= step", [FAILS])
    tools = {check.name.value: check.tool for check in evidence.checks}
    assert tools["target_tests"] == tools["tests"] == "node --test"
    [others] = [check for check in evidence.checks if check.name is CheckName.TESTS]
    assert others.summary.endswith("The tests of pytest were not run: they are in other languages than the change.")
    assert evidence.interpreter.endswith("node")
    if evidence.isolation == "namespaces":
        assert evidence.verified, evidence.unverified_reason


async def test_what_other_runners_were_left_out_is_told(copy_of: Copies, open_tests: Opened):
    python = {"tests/test_page.py": "def test_page(): pass\n", "page.py": ""}
    copy = copy_of(python, example="javascript-cart")
    async with open_tests(copy, about=("src/discount.js",)) as session:
        assert (await session.collect()).left_out == ("pytest",)
    async with open_tests(copy, about=("page.py",)) as session:
        assert (await session.collect()).left_out == ("node --test",)
    async with open_tests(copy, about=("README.md",)) as session:
        assert (await session.collect()).left_out == ("node --test",)
    async with open_tests(copy, about=("page.py", "src/discount.js")) as session:
        assert (await session.collect()).left_out == ()


async def test_a_change_that_breaks_another_test_is_not(copy_of: Copies, runner: CheckRunner, interpreter: Interpreter):
    copy = copy_of(example="javascript-cart")
    evidence = await prove(runner, copy, interpreter, "quantity > step.from", "quantity >= step.from - 1", [FAILS])
    assert not evidence.verified


LINKED = {
    "package.json": '{"type": "module", "workspaces": ["packages/*"]}',
    "packages/rates/package.json": '{"name": "rates", "type": "module", "main": "index.js"}',
    "packages/rates/index.js": "export const rate = (n) => (n > 10 ? 2 : 1);\n",
    "test/rates.test.js": """\
        import assert from 'node:assert/strict';
        import test from 'node:test';
        import { rate } from 'rates';
        test('ten', () => assert.equal(rate(10), 2));
        test('one', () => assert.equal(rate(1), 1));
    """,
}


async def test_a_linked_package_is_the_copys_or_the_change_is_not_verified(
    copy_of: Copies, runner: CheckRunner, interpreter: Interpreter
):
    """`npm link` and workspaces put a link to the original's own folder into node_modules, which the copy has not."""
    copy = copy_of(LINKED)
    modules = copy.original / "node_modules"
    modules.mkdir()
    (modules / "rates").symlink_to(copy.original / "packages/rates")
    path = "packages/rates/index.js"
    text = await copy.read_text(path)

    async def proved(new: str, tests: list[str]):
        change = ChangeSet(files=[file_edit(path, text, text.replace("> 10", new))])
        return await runner.prove(copy, interpreter, ProofTask(change, tests, 60, 5), no_progress)

    wrong = await proved("> 0", [])
    assert not wrong.verified
    right = await proved(">= 10", ["test/rates.test.js::ten"])
    assert right.verified == (right.isolation == "namespaces")

"""Whole proofs: what is verified, what is refused, and the two false proofs that must be impossible."""

import pytest
from tercet_server.checks import CheckRunner, PytestTests
from tercet_server.context import PythonContext
from tercet_server.edits import file_edit
from tercet_server.ports import ProofTask
from tercet_shared.edits import ChangeSet
from tercet_shared.errors import StaleText
from tercet_shared.proposals import CheckName, CheckStatus, Evidence

from tests.doubles.plain_sandbox import PlainSandbox

SHOP = {
    "shop/__init__.py": "",
    "shop/price.py": "def total(prices):\n    return sum(prices) - 1\n",
    "shop/stock.py": "def count(items):\n    return len(items)\n",
    "tests/test_price.py": """
        from shop.price import total


        def test_total():
            assert total([1, 2]) == 3


        def test_empty():
            assert total([1]) in (0, 1)
        """,
    "tests/test_stock.py": """
        from shop.price import total
        from shop.stock import count


        def test_count():
            assert count([1]) == 1


        def test_never_worked():
            assert count([]) == 7


        def test_relies_on_the_total():
            assert total([]) < 5
        """,
    "tests/test_broken_before.py": "import no_such_module\n",
}
TARGET = "tests/test_price.py::test_total"


async def prove(
    runner: CheckRunner,
    copy,
    interpreter,
    after: dict[str, str],
    targets=(TARGET,),
    deadline_s: float = 120,
    asked_for: tuple[str, ...] = (),
) -> Evidence:
    edits = []
    for path, text in after.items():
        before = await copy.read_text(path) if path in await copy.files() else None
        edits.append(file_edit(path, before, text))
    said = []

    async def listen(progress):
        said.append(progress.message)

    task = ProofTask(ChangeSet(files=edits), list(targets), deadline_s, 20, not targets, asked_for)
    evidence = await runner.prove(copy, interpreter, task, listen)
    assert said
    for path in after:
        if path in await copy.files():
            assert (copy.root / path).read_text() == await copy.read_text(path), "the copy was not reset"
    return evidence


def check_of(evidence: Evidence, name: CheckName):
    return next(each for each in evidence.checks if each.name is name)


async def test_a_right_change_is_verified_and_old_failures_are_not_blamed_on_it(runner, make_copy, interpreter):
    copy = make_copy(SHOP)
    right = {"shop/price.py": "def total(prices):\n    return sum(prices)\n"}
    evidence = await prove(runner, copy, interpreter, right)
    assert evidence.unverified_reason is None
    assert evidence.verified
    assert [each.name for each in evidence.checks] == [
        CheckName.SYNTAX, CheckName.LINT, CheckName.TARGET_TESTS, CheckName.TESTS,
    ]  # fmt: skip
    assert {each.status for each in evidence.checks} == {CheckStatus.PASSED}
    target = check_of(evidence, CheckName.TARGET_TESTS)
    assert target.command == [interpreter.path, "-m", "pytest", TARGET]
    assert target.exit_code == 0
    assert target.passed == [TARGET, "tests/test_price.py::test_empty"]
    others = check_of(evidence, CheckName.TESTS)
    assert sorted(others.passed) == ["tests/test_stock.py::test_count", "tests/test_stock.py::test_relies_on_the_total"]
    assert "2 fail without the change too" in others.summary
    assert "test_never_worked" in others.summary
    assert evidence.base_sha256 == copy.base_sha256


@pytest.mark.parametrize(
    ("after", "failed", "said"),
    [
        ("def total(prices:\n", CheckName.SYNTAX, "Syntax error: shop/price.py:1"),
        ("def total(prices):\n    return sum(prises)\n", CheckName.LINT, "F821"),
        ("def total(prices):\n    return sum(prices) - 2\n", CheckName.TARGET_TESTS, "test_total does not pass: Asser"),
        (
            "def total(prices):\n    return 3\n",
            CheckName.TARGET_TESTS,
            "test_empty passes without the change and fails",
        ),
        (
            "def total(prices):\n    return sum(prices) or 9\n",
            CheckName.TESTS,
            "test_relies_on_the_total passes without",
        ),
    ],
)
async def test_a_wrong_change_fails_at_the_cheapest_check_that_sees_it(
    runner, make_copy, interpreter, after, failed, said
):
    evidence = await prove(runner, make_copy(SHOP), interpreter, {"shop/price.py": after})
    assert evidence.checks[-1].name is failed
    assert evidence.checks[-1].status is CheckStatus.FAILED
    assert said in evidence.checks[-1].summary
    assert not evidence.verified
    assert evidence.unverified_reason == evidence.checks[-1].summary


async def test_a_change_that_no_target_loads_is_not_verified(runner, make_copy, interpreter):
    flaky_by_nature = {**SHOP, "shop/price.py": "def total(prices):\n    return sum(prices)\n"}
    changed = {"shop/stock.py": "def count(items):\n    return len(list(items))\n"}
    evidence = await prove(runner, make_copy(flaky_by_nature), interpreter, changed)
    assert not evidence.verified
    assert "No test that was run loaded shop/stock.py" in evidence.unverified_reason


async def test_a_save_during_the_proof_voids_it(runner, make_copy, interpreter):
    copy = make_copy(SHOP)
    copy.moved = ["shop/price.py"]
    evidence = await prove(runner, copy, interpreter, {"shop/price.py": "def total(prices):\n    return sum(prices)\n"})
    assert not evidence.verified
    assert "shop/price.py" in evidence.unverified_reason


async def test_tests_that_import_an_installed_original_prove_nothing(make_copy, interpreter, tmp_path):
    """The sandbox cannot mount, and a conftest puts the original before the copy, as an editable install does."""
    copy = make_copy({**SHOP, "conftest.py": f"import sys\nsys.path.insert(0, {str(tmp_path / 'original')!r})\n"})
    original = tmp_path / "original" / "shop" / "price.py"
    original.write_text("def total(prices):\n    return sum(prices)\n")
    runner = CheckRunner(PlainSandbox(), PytestTests(PlainSandbox()), PythonContext())
    harmless = {"shop/price.py": "def total(prices):\n    return sum(prices) - 1 - 0\n"}
    evidence = await prove(runner, copy, interpreter, harmless)
    assert not evidence.verified
    assert f"loaded {original} instead" in evidence.unverified_reason


async def test_a_fix_for_a_finding_needs_it_gone_and_tests_that_load_the_file(runner, make_copy, interpreter):
    shop = {**SHOP, "shop/stock.py": "import os\n\n\ndef count(items):\n    return len(items)\n"}
    copy = make_copy(shop)
    gone = await prove(runner, copy, interpreter, {"shop/stock.py": "def count(items):\n    return len(items)\n"}, ())
    still = await prove(runner, copy, interpreter, {"shop/stock.py": shop["shop/stock.py"] + "\n\nMORE = 1\n"}, ())
    assert gone.verified, gone.unverified_reason
    assert not still.verified
    assert "still there" in still.unverified_reason


async def test_a_target_file_that_could_not_be_imported_is_proved_whole(runner, make_copy, interpreter):
    shop = {
        "shop.py": "def price():\n    return 1\n",
        "test_shop.py": "from shop import cost\n\n\ndef test_cost():\n    assert cost() == 1\n",
    }
    fixed = {"shop.py": "def cost():\n    return 1\n"}
    evidence = await prove(runner, make_copy(shop), interpreter, fixed, ["test_shop.py"])
    assert evidence.verified, evidence.unverified_reason
    assert check_of(evidence, CheckName.TESTS).status is CheckStatus.SKIPPED


async def test_a_flaky_test_is_named_and_not_blamed(runner, make_copy, interpreter):
    flaky = """
        from pathlib import Path


        def test_every_other_time():
            changed = Path("shop/price.py").read_text().endswith("return sum(prices)\\n")
            mark = Path("mark")
            seen = mark.exists()
            mark.write_text("")
            assert seen or not changed
        """
    evidence = await prove(
        runner,
        make_copy({**SHOP, "tests/test_flaky.py": flaky}),
        interpreter,
        {"shop/price.py": "def total(prices):\n    return sum(prices)\n"},
    )
    assert evidence.verified, evidence.unverified_reason
    assert "passed only at the second attempt (tests/test_flaky.py::test_every_other_time)" in (
        check_of(evidence, CheckName.TESTS).summary
    )


async def test_a_change_for_another_text_is_refused(runner, make_copy, interpreter):
    copy = make_copy(SHOP)
    edit = file_edit("shop/price.py", "something else\n", "x = 1\n")
    task = ProofTask(ChangeSet(files=[edit]), [TARGET], deadline_s=60, per_test_s=5)

    async def silent(progress):
        pass

    with pytest.raises(StaleText):
        await runner.prove(copy, interpreter, task, silent)


BENT = {
    "money.py": "def cents(euros):\n    return euros * 10\n",
    "spec/compare.py": "def is_same(left, right):\n    return left == right\n",
    "spec/conftest.py": "import pytest\n\n\n@pytest.fixture\ndef euros():\n    return 2\n",
    "spec/test_money.py": """
        from compare import is_same
        from money import cents


        def test_cents(euros):
            assert is_same(cents(euros), 200)
        """,
    "pytest.ini": "[pytest]\npythonpath = . spec\n",
}


@pytest.mark.parametrize(
    "bent",
    [
        {"spec/compare.py": "def is_same(left, right):\n    return True\n"},
        {"spec/conftest.py": "import pytest\n\n\n@pytest.fixture\ndef euros():\n    return 20\n"},
    ],
)
async def test_what_serves_the_tests_alone_may_not_be_bent_until_they_pass(runner, make_copy, interpreter, bent):
    (path,) = bent
    copy, target = make_copy(BENT), ["spec/test_money.py::test_cents"]
    evidence = await prove(runner, copy, interpreter, bent, target)
    assert {each.status for each in evidence.checks} <= {CheckStatus.PASSED, CheckStatus.SKIPPED}
    assert not evidence.verified
    assert evidence.unverified_reason is not None
    assert evidence.unverified_reason.startswith(f"{path} serves the tests alone")
    assert (await prove(runner, copy, interpreter, bent, target, asked_for=("spec",))).verified


async def test_a_test_that_the_change_brings_does_not_vouch_for_what_it_does_not_run(runner, make_copy, interpreter):
    copy = make_copy({**SHOP, "web/app.js": "export const a = 1;\n"})
    edits = [
        file_edit("web/app.js", "export const a = 1;\n", "export const a = 2;\n"),
        file_edit("tests/test_new.py", None, "def test_new():\n    assert True\n"),
    ]
    brought = ["tests/test_new.py"]
    task = ProofTask(ChangeSet(files=edits), brought, deadline_s=120, per_test_s=20, brought_tests=brought)

    async def listen(progress):
        pass

    evidence = await runner.prove(copy, interpreter, task, listen)
    assert check_of(evidence, CheckName.TARGET_TESTS).status is CheckStatus.PASSED
    assert not evidence.verified
    assert "web/app.js" in evidence.unverified_reason

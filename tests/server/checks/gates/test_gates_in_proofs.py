"""Quality gates in whole proofs: measured of what passes, judged by the settings, told in the evidence."""

from collections.abc import Mapping

import pytest
from tercet_server.agents.critique import verdict_on
from tercet_server.checks import CheckRunner
from tercet_server.checks.gates import coverage as coverage_gate
from tercet_server.edits import file_edit
from tercet_server.ports import GatePolicy, Gates, ProofTask
from tercet_shared.edits import ChangeSet
from tercet_shared.proposals import Check, CheckName, CheckStatus, Decision, Evidence, OnFailure

TARGET = "tests/test_price.py::test_total"
LOG = "\n\ndef log(price):\n    return str(price)\n"
BEFORE = "def total(prices):\n    return sum(prices) - 1\n" + LOG
RIGHT = BEFORE.replace(" - 1", "")
HALF_TESTED = "def total(prices):\n    if not prices:\n        return 0\n    return sum(prices)\n" + LOG
SHOP = {
    "shop/__init__.py": "",
    "shop/price.py": BEFORE,
    "tests/test_price.py": "from shop.price import total\n\n\ndef test_total():\n    assert total([1, 2]) == 3\n",
    "tests/test_log.py": "from shop.price import log\n\n\ndef test_log():\n    assert log(1) == '1'\n",
}


def every(on_failure: OnFailure) -> Gates:
    none = GatePolicy(on_failure)
    return Gates(GatePolicy(on_failure, 80), GatePolicy(on_failure, 10), none, none, none)


@pytest.fixture
def prove(runner: CheckRunner, make_copy, interpreter):
    async def proved(gates: Gates, after: str, more: Mapping[str, str] = {}, project: Mapping = SHOP) -> Evidence:
        copy = make_copy(project)
        texts = {"shop/price.py": after, **more}
        edits = [file_edit(path, project.get(path), text) for path, text in texts.items()]

        async def listen(_):
            pass

        task = ProofTask(ChangeSet(files=edits), [TARGET], 120, 20, gates=gates)
        return await runner.prove(copy, interpreter, task, listen)

    return proved


def gates_of(evidence: Evidence) -> dict[CheckName, Check]:
    return {each.name: each for each in evidence.checks if each.gate is not None}


async def test_a_right_change_meets_every_gate_with_the_help_of_tests_elsewhere_and_is_verified(prove):
    evidence = await prove(every(OnFailure.REJECT), RIGHT.replace("str(price)", "f'{price}'"))
    assert evidence.verified, evidence.unverified_reason
    gates = gates_of(evidence)
    assert {name: (each.status, each.gate.figure) for name, each in gates.items()} == {
        CheckName.COMPLEXITY: (CheckStatus.PASSED, 0),
        CheckName.SECURITY: (CheckStatus.PASSED, 0),
        CheckName.SECRETS: (CheckStatus.PASSED, 0),
        CheckName.COVERAGE: (CheckStatus.PASSED, 100),
    }
    assert gates[CheckName.COVERAGE].gate.threshold == 80
    assert gates[CheckName.COVERAGE].command[-2:] == [TARGET, "tests/test_log.py::test_log"]
    assert all(each.command for each in gates.values())
    verdict = verdict_on(evidence, has_targets=True)
    assert verdict.decision is Decision.ACCEPT
    assert len(verdict.reasons) == 4, "gates that are met are no news"


async def test_no_gate_is_measured_of_a_change_that_fails(prove):
    evidence = await prove(every(OnFailure.REJECT), BEFORE.replace("- 1", "- 2"))
    assert evidence.checks[-1].name is CheckName.TARGET_TESTS
    assert not gates_of(evidence)


@pytest.mark.parametrize(
    ("on_failure", "status", "decision", "verified"),
    [
        (OnFailure.REPORT, CheckStatus.WARNED, Decision.ACCEPT, True),
        (OnFailure.ASK, CheckStatus.WARNED, Decision.ACCEPT, False),
        (OnFailure.REJECT, CheckStatus.FAILED, Decision.REJECT, False),
    ],
)
async def test_too_little_coverage_has_the_consequence_that_the_settings_name(
    prove, on_failure, status, decision, verified, monkeypatch
):
    monkeypatch.setattr(coverage_gate, "_REPORTED_S", 60.0)  # a busy machine changes no answer
    evidence = await prove(Gates(coverage=GatePolicy(on_failure, 80)), HALF_TESTED)
    check = gates_of(evidence)[CheckName.COVERAGE]
    assert check.status is status
    assert check.summary == "Tests that pass run 2 of 3 changed lines (67 %); 80 % are asked for."
    assert check.details == "Not run: shop/price.py:3"
    assert check.gate.figure == 66.6
    assert evidence.verified is verified
    assert verified or check.summary in evidence.unverified_reason
    verdict = verdict_on(evidence, has_targets=True)
    assert verdict.decision is decision
    assert any(check.summary in reason for reason in verdict.reasons)


HOLE = "import subprocess\n\n\n" + RIGHT + "\n\ndef run(what):\n    return subprocess.call(what, shell=True)\n"
NO_RULES = "[lint]\nexclude = ['**']\nper-file-ignores = {'**' = ['ALL']}\n"


@pytest.mark.parametrize(
    ("settings", "project"),
    [
        ({"ruff.toml": NO_RULES}, {}),
        ({"shop/.ruff.toml": NO_RULES}, {}),
        ({"pyproject.toml": "[tool.ruff]\nforce-exclude = true\nexclude = ['shop']\n"}, {}),
        ({"pyproject.toml": "[tool.ruff]\nexclude = ['shop']\n"}, {"pyproject.toml": "[tool.ruff]\n"}),
        ({"shared.toml": NO_RULES}, {"ruff.toml": "extend = 'shared.toml'\n", "shared.toml": ""}),
    ],
)
async def test_a_change_is_not_judged_by_the_rules_that_it_brings(prove, settings, project):
    evidence = await prove(Gates(security=GatePolicy(OnFailure.REJECT)), HOLE, settings, SHOP | project)
    check = gates_of(evidence)[CheckName.SECURITY]
    assert (check.status, check.gate.figure) == (CheckStatus.FAILED, 1)
    assert not evidence.verified
    [edited] = settings
    note = f"Settings that the change edits were not heeded: {edited}."
    assert check.summary.endswith(note) == (edited != "shared.toml"), "a file that only another one names is not told"


async def test_what_a_change_breaks_is_linted_by_the_rules_of_before(prove):
    evidence = await prove(Gates(), RIGHT + "\n\ndef broken():\n    return nowhere\n", {"ruff.toml": NO_RULES})
    lint = next(each for each in evidence.checks if each.name is CheckName.LINT)
    assert lint.status is CheckStatus.FAILED
    assert "F821" in lint.summary


async def test_coverage_has_no_settings_that_a_change_could_bring(prove):
    excuses = {
        ".coveragerc": "[run]\nomit = *\n[report]\nexclude_lines = .\n",
        "tercet.toml": "[gates]\ncoverage = 'off'\nleast_coverage = 1\n",
    }
    evidence = await prove(Gates(coverage=GatePolicy(OnFailure.REJECT, 80)), HALF_TESTED, excuses)
    check = gates_of(evidence)[CheckName.COVERAGE]
    assert (check.status, check.gate.figure, check.gate.threshold) == (CheckStatus.FAILED, 66.6, 80)
    assert check.summary.endswith("were not heeded: .coveragerc, tercet.toml.")

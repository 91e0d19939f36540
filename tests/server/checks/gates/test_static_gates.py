"""The gates that only read texts: what they find in a change, and what they do not hold against it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tercet_server.checks.gates import static_gates, unmet
from tercet_server.checks.review.secrets import keys_in
from tercet_server.files.purposes import is_manifest
from tercet_server.ports import GatePolicy, Gates
from tercet_shared.edits import FileTexts
from tercet_shared.proposals import Check, CheckName, CheckStatus, OnFailure

KEY = "AKIA" + "QWERTYUIOP123456"
PEM = "-----BEGIN RSA PRIVATE" + " KEY-----"
MATERIAL = "MIIEow" + "IBAAKCAQEA" * 5
REPORTED = GatePolicy(OnFailure.REPORT)
GATES = Gates(
    complexity=GatePolicy(OnFailure.REPORT, 2),
    security=REPORTED,
    secrets=GatePolicy(OnFailure.REJECT),
    dependencies=REPORTED,
)
SIMPLE = "def f(x):\n    return x\n"
COMPLEX = "def f(x):\n    if x:\n        if x > 1:\n            return 2\n    return x\n"
MORE = "def f(x):\n    if x:\n        if x > 1:\n            if x > 2:\n                return 2\n    return x\n"
SHELL = "import subprocess\n\n\ndef run(what):\n    return subprocess.call(what, shell=True)\n"


@pytest.fixture
def judge(make_copy):
    """The gates' checks by name, of one file changed in a project."""

    async def judged(path: str, before: str | None, after: str, project=None) -> dict[CheckName, Check]:
        copy = make_copy(project or {path: before or ""})
        return {each.name: each for each in await static_gates(GATES, copy, [FileTexts(path, before, after)])}

    return judged


@pytest.mark.parametrize(
    ("before", "after", "figure", "said"),
    [
        (SIMPLE, COMPLEX, 3, "A complexity above 2: a.py:1: `f` 3, 1 before."),
        (None, COMPLEX, 3, "A complexity above 2: a.py:1: `f` 3."),
        (COMPLEX, MORE, 4, "A complexity above 2: a.py:1: `f` 4, 3 before."),
        (
            SIMPLE,
            "def f(x):\n    return x if x else 1\n\n\ndef g(x):\n    if x:\n        return 1\n",
            2,
            "No function above 2",
        ),
        (COMPLEX, COMPLEX.replace("2", "3"), 0, "No function has become more complex."),
        (COMPLEX, COMPLEX.replace("f(", "g("), 0, "No function has become more complex."),
        (COMPLEX, f"{SIMPLE.replace('f(', 'g(')}\n\n{COMPLEX}", 1, "No function above 2"),
        (MORE, COMPLEX, 0, "No function has become more complex."),
        (f"class A:\n    {SIMPLE.replace('    ', '        ')}\n\n{COMPLEX}", COMPLEX, 0, "No function has become"),
    ],
)
async def test_only_what_has_grown_is_held_against_a_change(judge, before, after, figure, said):
    check = (await judge("a.py", before, after))[CheckName.COMPLEXITY]
    assert check.summary.startswith(said)
    assert check.gate.figure == figure
    assert check.status is (CheckStatus.WARNED if figure > 2 else CheckStatus.PASSED)
    assert check.command[:2] == ["ruff", "check"]
    assert "lint.mccabe.max-complexity=2" in check.command


async def test_a_repair_of_the_syntax_has_nothing_to_be_compared_with(judge):
    checks = await judge("a.py", MORE.replace("(x):", "(x:"), MORE)
    for name in (CheckName.COMPLEXITY, CheckName.SECURITY):
        assert checks[name].status is CheckStatus.SKIPPED
        assert checks[name].summary.startswith("a.py cannot be compared")
        assert not checks[name].details


async def test_new_findings_of_security_are_told_and_old_ones_are_not(judge):
    check = (await judge("a.py", "", SHELL))[CheckName.SECURITY]
    assert check.status is CheckStatus.WARNED
    assert check.gate.figure == 1
    assert "a.py:5:12: S602" in check.summary


async def test_what_stood_there_before_is_no_new_hole(judge):
    check = (await judge("a.py", SHELL, f"\n\n{SHELL}\n\ndef test_it():\n    assert run\n"))[CheckName.SECURITY]
    assert check.status is CheckStatus.PASSED


@pytest.mark.parametrize(
    "text", [f"KEY = '{KEY}'\n", f'PEM = """{PEM}\n{MATERIAL}\n"""\n', f"PEM = '{PEM}\\n{MATERIAL}'\n"]
)
async def test_a_new_key_is_turned_down_and_not_repeated(judge, text):
    check = (await judge("a.py", "x = 1\n", text, {"a.py": "x = 1\n", "known.py": f"BEGIN = '{PEM}'\n"}))[
        CheckName.SECRETS
    ]
    assert check.status is CheckStatus.FAILED
    assert check.summary.startswith("The change adds a.py:1: a")
    assert KEY not in check.model_dump_json()
    assert MATERIAL not in check.model_dump_json()


@pytest.mark.parametrize(
    ("after", "project"),
    [
        ("URL = 'https://user:password@example.org'\n", None),
        ("KEY = 'AKIAIOSFODNN7EXAMPLE'\n", None),
        (f"BEGIN = '{PEM}'\n", None),
        (f"def test_it():\n    assert is_key('{KEY}')\n", {"keys.py": f"# like {KEY}\n", "a.py": ""}),
    ],
)
async def test_what_only_looks_like_a_key_is_not(judge, after, project):
    assert (await judge("a.py", None, after, project))[CheckName.SECRETS].status is CheckStatus.PASSED


async def test_what_is_installed_is_not_audited(judge):
    check = (await judge("web/package.json", "{}\n", '{"dependencies": {"left-pad": "1"}}\n'))[CheckName.DEPENDENCIES]
    assert check.status is CheckStatus.WARNED
    assert check.summary == "The change touches web/package.json; what that installs is not audited."


async def test_a_gate_that_has_nothing_to_say_is_not_in_the_evidence(judge):
    assert set(await judge("notes.md", "a\n", "b\n")) == {CheckName.SECRETS}


async def test_a_gate_that_cannot_be_measured_is_skipped_with_the_reason(judge):
    checks = await judge("a.py", SIMPLE, COMPLEX, {"ruff.toml": "no such = toml", "a.py": SIMPLE})
    check = checks[CheckName.COMPLEXITY]
    assert check.status is CheckStatus.SKIPPED
    assert check.gate.figure is None
    assert check.summary.startswith("ruff could not check a.py")
    assert unmet([check]) is None
    decisive = check.model_copy(update={"gate": check.gate.model_copy(update={"on_failure": OnFailure.ASK})})
    assert unmet([decisive]) == f"The quality gate complexity is not met: {check.summary}"


@pytest.mark.parametrize("after", ["def f(:\n", "\x00", "(" * 5000, "x = '\ud800'\n", "é" * 100_000])
async def test_odd_texts_break_nothing(judge, after):
    checks = await judge("a.py", SIMPLE, after)
    assert not {each.status for each in checks.values()} & {CheckStatus.FAILED, CheckStatus.ERROR}


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("pyproject.toml", True),
        ("a/requirements-dev.txt", True),
        ("Cargo.lock", True),
        ("app/App.csproj", True),
        ("package.json5", False),
        ("src/requirements.py", False),
    ],
)
def test_what_says_what_is_installed_is_known_by_its_name(path, expected):
    assert is_manifest(path) is expected


@given(st.text())
def test_any_line_may_be_searched_for_keys(line: str):
    assert [each.value for each in keys_in({0: line, 1: f"{line} {KEY} "})][-1:] == [KEY]


@pytest.mark.parametrize(
    "after",
    [
        SHELL.replace("shell=True)", "shell=True)  # noqa"),
        SHELL.replace("shell=True)", "shell=True)  # noqa: S602"),
        f"# ruff: noqa\n{SHELL}",
        f"# ruff: noqa: S602\n{SHELL}",
        f"# flake8: noqa\n{SHELL}",
        f"# ruff: disable[S602]\n{SHELL}# ruff: enable[S602]\n",
    ],
)
async def test_a_comment_excuses_no_new_hole(judge, after):
    check = (await judge("a.py", "", after))[CheckName.SECURITY]
    assert (check.status, check.gate.figure) == (CheckStatus.WARNED, 1)
    assert "S602" in check.summary


@pytest.mark.parametrize("excuse", ["  # noqa", "  # noqa: C901"])
async def test_a_comment_excuses_no_complexity(judge, excuse):
    check = (await judge("a.py", SIMPLE, COMPLEX.replace("(x):", f"(x):{excuse}", 1)))[CheckName.COMPLEXITY]
    assert (check.status, check.gate.figure) == (CheckStatus.WARNED, 3)

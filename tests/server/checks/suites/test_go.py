"""Tests of Go modules in the sandbox, with the module's own replace directives."""

from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
from tercet_server.checks import CheckRunner
from tercet_server.edits import file_edit
from tercet_server.ports import Outcome, ProofTask
from tercet_shared.edits import ChangeSet
from tercet_shared.workspaces import Interpreter

from tests.doubles.compiled_go import has_go
from tests.doubles.folder_copy import FolderCopy
from tests.server.checks.suites.conftest import Opened
from tests.server.checks.suites.test_node import no_progress

pytestmark = [
    pytest.mark.must_have("repair of Go"),
    pytest.mark.skipif(not has_go(), reason="there is no Go"),
    pytest.mark.timeout(400),
]

FAILS = "ledger/ledger_test.go::TestTransferOfEverything"
Copies = Callable[..., FolderCopy]
Warm = Callable[[FolderCopy], Awaitable[None]]


async def test_a_failing_test_is_named_with_its_lines(copy_of: Copies, open_tests: Opened, warm_go: Warm):
    copy = copy_of(example="go-ledger")
    await warm_go(copy)
    text = await copy.read_text("ledger/ledger.go")
    async with open_tests(copy) as session:
        collected = await session.collect()
        report = await session.run(collected.not_run, per_test_s=5, deadline_s=200, trace=True)
        unbuilt = text.replace("<= amount", "<= amounts")
        broken = await session.run([FAILS], per_test_s=5, deadline_s=200, texts={"ledger/ledger.go": unbuilt})
        right = text.replace("<= amount", "< amount")
        repaired = await session.run([FAILS], per_test_s=5, deadline_s=200, texts={"ledger/ledger.go": right})
    assert (collected.tool, len(collected.not_run)) == ("go test", 6)
    [failed] = report.failing()
    assert (failed.test, failed.outcome, failed.message) == (FAILS, Outcome.FAILED, "not enough on the account")
    assert 35 in failed.covered["ledger/ledger.go"]
    assert broken.results[FAILS].outcome is Outcome.ERROR
    assert "undefined: amounts" in broken.results[FAILS].message
    assert repaired.results[FAILS].outcome is Outcome.PASSED


REPLACED = {
    "go.mod": "module app\n\ngo 1.21\n\nrequire rates v0.0.0\n\nreplace rates => {rates}\n",
    "rates/go.mod": "module rates\n\ngo 1.21\n",
    "rates/rates.go": "package rates\n\nfunc Rate(n int) int {\n\tif n > 10 {\n\t\treturn 2\n\t}\n\treturn 1\n}\n",
    "app_test.go": """\
        package app

        import (
        \t"testing"

        \t"rates"
        )

        func TestTen(t *testing.T) {
        \tif rates.Rate(10) != 2 {
        \t\tt.Fatal(rates.Rate(10))
        \t}
        }

        func TestOne(t *testing.T) {
        \tif rates.Rate(1) != 1 {
        \t\tt.Fatal(rates.Rate(1))
        \t}
        }
    """,
}


async def test_a_replaced_module_is_the_copys_or_the_change_is_not_verified(
    copy_of: Copies, runner: CheckRunner, interpreter: Interpreter, warm_go: Warm, tmp_path
):
    """A replace directive with an absolute path leads to the original, unless the copy stands there."""
    files = {**REPLACED, "go.mod": REPLACED["go.mod"].replace("{rates}", str(tmp_path / "original" / "rates"))}
    copy = copy_of(files)
    await warm_go(copy)
    text = await copy.read_text("rates/rates.go")

    async def proved(new: str, tests: list[str]):
        change = ChangeSet(files=[file_edit("rates/rates.go", text, text.replace("> 10", new))])
        return await runner.prove(copy, interpreter, ProofTask(change, tests, 200, 5), no_progress)

    wrong = await proved("> 0", [])
    assert not wrong.verified
    right = await proved(">= 10", ["app_test.go::TestTen"])
    assert right.verified == (right.isolation == "namespaces"), right.unverified_reason


POISON = """\
package app

import (
\t"bytes"
\t"io/fs"
\t"os"
\t"path/filepath"
\t"testing"
)

func TestPoison(t *testing.T) {
\tfilepath.WalkDir({folder}, func(path string, entry fs.DirEntry, err error) error {
\t\tif err != nil || entry.IsDir() {
\t\t\treturn nil
\t\t}
\t\tos.Chmod(path, 0o666)
\t\tif content, err := os.ReadFile(path); err == nil && bytes.Contains(content, []byte("is wrong")) {
\t\t\tos.WriteFile(path, bytes.ReplaceAll(content, []byte("is wrong"), []byte("is right")), 0o666)
\t\t}
\t\treturn nil
\t})
}
"""
ANSWER = {
    "go.mod": "module app\n\ngo 1.21\n",
    "answer/answer.go": 'package answer\n\nfunc Answer() string { return "it is wrong" }\n',
    "app_test.go": """\
        package app

        import (
        \t"app/answer"
        \t"testing"
        )

        func TestAnswer(t *testing.T) {
        \tif answer.Answer() != "it is right" {
        \t\tt.Fatal(answer.Answer())
        \t}
        }
    """,
}


async def test_a_hostile_test_cannot_poison_what_later_proofs_compile_with(
    copy_of: Copies, open_tests: Opened, warm_go: Warm, tmp_path: Path
):
    """It rewrites the compiled code of another package, in every cache that it can reach."""
    poisons = {
        "poison/own_test.go": POISON.replace("{folder}", 'os.Getenv("GOCACHE")'),
        "poison/kept_test.go": POISON.replace("TestPoison", "TestKept").replace("{folder}", f'"{tmp_path}/caches"'),
    }
    copy = copy_of(ANSWER | poisons)
    await warm_go(copy)
    attacks = ["poison/own_test.go::TestPoison", "poison/kept_test.go::TestKept"]
    answer = "app_test.go::TestAnswer"
    async with open_tests(copy) as session:
        before = await session.run([answer], per_test_s=20, deadline_s=200)
        attacked = await session.run(attacks, per_test_s=20, deadline_s=200)
    async with open_tests(copy) as later:
        after = await later.run([answer], per_test_s=20, deadline_s=200)
    assert [each.outcome for each in attacked.results.values()] == [Outcome.PASSED, Outcome.PASSED], attacked
    for report in (before, after):
        assert report.results[answer].outcome is Outcome.FAILED
        assert "it is wrong" in report.results[answer].message

"""Changes of Rust code whose tests stand in the same file, judged by the real cargo."""

import shutil
from collections.abc import Callable

import pytest
from tercet_server.checks import CheckRunner
from tercet_server.edits import file_edit
from tercet_server.ports import ProofTask
from tercet_shared.edits import ChangeSet
from tercet_shared.workspaces import Interpreter

from tests.doubles.folder_copy import FolderCopy
from tests.server.checks.suites.test_node import no_progress

pytestmark = [pytest.mark.must_have("tests of further languages"), pytest.mark.timeout(400)]

PROJECT = {
    "Cargo.toml": '[package]\nname = "cart"\nversion = "0.1.0"\nedition = "2021"\n',
    "Cargo.lock": 'version = 3\n\n[[package]]\nname = "cart"\nversion = "0.1.0"\n',
    "src/lib.rs": "pub mod util;\n",
    "src/util.rs": """\
        pub fn twice(n: i64) -> i64 {
            n * 3
        }

        #[cfg(test)]
        mod tests {
            use super::*;

            #[test]
            fn doubles() {
                assert_eq!(twice(2), 4);
            }
        }
    """,
}


async def test_tests_beside_the_code_verify_no_change_of_it(
    copy_of: Callable[..., FolderCopy], runner: CheckRunner, interpreter: Interpreter
):
    if shutil.which("cargo") is None:
        pytest.skip("there is no cargo")
    copy = copy_of(PROJECT)
    text = await copy.read_text("src/util.rs")
    change = ChangeSet(files=[file_edit("src/util.rs", text, text.replace("(2), 4", "(2), 6"))])
    task = ProofTask(change, ["src/lib.rs::util::tests::doubles"], 350, 5)
    evidence = await runner.prove(copy, interpreter, task, no_progress)
    assert not evidence.verified
    assert "src/util.rs serves the tests alone" in (evidence.unverified_reason or "")

"""Small projects of further languages: a failing test is named, with its place, and what passes passes."""

import shutil
from collections.abc import Callable

import pytest
from tercet_server.checks.suites.commands import command_suites
from tercet_server.ports import Outcome

from tests.doubles.folder_copy import FolderCopy
from tests.server.checks.suites.conftest import Opened

Copies = Callable[..., FolderCopy]

BATS = {
    "add.sh": "add() { echo $(($1 + $2 + 1)); }\n",
    "test/add.bats": """\
        setup() { . ./add.sh; }
        @test "adds" { [ "$(add 1 2)" = 3 ]; }
        @test "answers" { add 1 2; }
    """,
}
PHP = {
    "src/Cart.php": "<?php\nfunction total(array $a) { return array_sum($a) + 1; }\n",
    "tests/CartTest.php": """\
        <?php
        require_once __DIR__ . '/../src/Cart.php';
        final class CartTest extends PHPUnit\\Framework\\TestCase {
            public function testTotal(): void { $this->assertSame(3, total([1, 2])); }
            public function testNumber(): void { $this->assertIsInt(total([])); }
        }
    """,
}
RUBY = {
    "lib/cart.rb": "def total(prices)\n  prices.sum + 1\nend\n",
    "test/test_cart.rb": """\
        require "minitest/autorun"
        require "cart"
        class TestCart < Minitest::Test
          def test_total
            assert_equal 3, total([1, 2])
          end
          def test_number
            assert_kind_of Integer, total([])
          end
        end
    """,
}
RUST = {
    "Cargo.toml": '[package]\nname = "cart"\nversion = "0.1.0"\nedition = "2021"\n',
    "Cargo.lock": 'version = 3\n\n[[package]]\nname = "cart"\nversion = "0.1.0"\n',
    "src/lib.rs": "pub fn total(a: &[i64]) -> i64 {\n    a.iter().sum::<i64>() + 1\n}\n",
    "tests/cart.rs": """\
        use cart::total;
        #[test]
        fn adds() {
            assert_eq!(total(&[1, 2]), 3);
        }
        #[test]
        fn answers() {
            total(&[]);
        }
    """,
}
CMAKE = {
    "CMakeLists.txt": """\
        cmake_minimum_required(VERSION 3.20)
        project(cart C)
        enable_testing()
        add_executable(check check.c)
        add_test(NAME adds COMMAND check 1 2 3)
        add_test(NAME runs COMMAND check 1 2 4)
    """,
    "check.c": "#include <stdlib.h>\nint main(int n, char **a) { return n != 4 || atoi(a[1]) + atoi(a[2]) + 1 != atoi(a[3]); }\n",
}


@pytest.mark.must_have("tests of further languages")
@pytest.mark.timeout(300)
@pytest.mark.parametrize(
    ("files", "program", "fails", "passes", "frame"),
    [
        (BATS, "bats", "test/add.bats::adds", "test/add.bats::answers", ("test/add.bats", 1)),
        (PHP, "phpunit", "tests/CartTest.php::testTotal", "tests/CartTest.php::testNumber", ("tests/CartTest.php", 3)),
        (
            RUBY,
            "ruby",
            "test/test_cart.rb::TestCart#test_total",
            "test/test_cart.rb::TestCart#test_number",
            ("test/test_cart.rb", 4),
        ),
        (RUST, "cargo", "tests/cart.rs::adds", "tests/cart.rs::answers", ("tests/cart.rs", 3)),
        (CMAKE, "ctest", "CMakeLists.txt::adds", "CMakeLists.txt::runs", None),
    ],
    ids=["bats", "phpunit", "minitest", "cargo", "ctest"],
)
async def test_a_failing_test_is_named(
    copy_of: Copies, open_tests: Opened, files: dict[str, str], program: str, fails: str, passes: str, frame: object
):
    if shutil.which(program) is None:
        pytest.skip(f"there is no {program}")
    async with open_tests(copy_of(files)) as session:
        collected = await session.collect()
        report = await session.run([fails, passes, f"{passes}_gone"], per_test_s=5, deadline_s=280)
    assert set(collected.not_run) == {fails, passes}, collected
    outcomes = {test: each.outcome for test, each in report.results.items()}
    assert outcomes == {fails: Outcome.FAILED, passes: Outcome.PASSED, f"{passes}_gone": Outcome.ERROR}
    if frame is not None:
        assert frame in [(each.path, each.line) for each in report.results[fails].frames]


def test_every_row_of_the_table_can_be_read(tmp_path):
    names = ["a.bats", "ATest.php", "a_test.rb", "src/lib.rs", "Cargo.toml", "CMakeLists.txt"]
    for suite in command_suites(tmp_path, names):
        [batch] = suite.batches([suite.tests_of[0]], "run")
        assert "{file}" not in batch.command


@pytest.mark.must_have("tests of further languages")
@pytest.mark.timeout(300)
async def test_a_run_that_stops_after_a_failing_test_is_no_whole_answer(copy_of: Copies, open_tests: Opened):
    if shutil.which("ruby") is None:
        pytest.skip("there is no ruby")
    text = """\
        require "minitest/autorun"
        class TestCart < Minitest::Test
          def self.test_order = :alpha
          def test_a = flunk
          def test_b = exit!(1)
          def test_c = flunk
        end
    """
    async with open_tests(copy_of({"test/test_cart.rb": text})) as session:
        report = await session.run(["test/test_cart.rb"], per_test_s=5, deadline_s=280)
    [error] = report.collection_errors
    assert error.test == "test/test_cart.rb"
    assert "stopped before its end" in error.message

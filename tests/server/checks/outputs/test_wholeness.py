"""An output that stopped in the middle is told from one that is whole, though tests of it failed."""

import pytest
from tercet_server.checks.outputs.outcomes import jest, mocha_hooks
from tercet_server.checks.outputs.wholeness import missing_end

CARGO = b"running 1 test\ntest adds ... FAILED\n\ntest result: FAILED. 0 passed; 1 failed\n"
MINITEST = b"TestCart#test_total = 0.00 s = F\n"


@pytest.mark.parametrize(
    ("output", "data"),
    [
        ("tap", b"1..2\nnot ok 1 adds\nok 2 answers\n"),
        ("tap", b"ok 1 adds\r\n1..1\r\n"),
        ("cargo", CARGO),
        ("cargo", CARGO + b"     Running benches/own.rs (target/own)\na harness of one's own\n"),
        ("minitest", MINITEST + b"1 runs, 1 assertions, 1 failures, 0 errors, 0 skips\n"),
        ("junit", b"<testsuites/>"),
    ],
)
def test_a_failed_run_may_be_whole(output: str, data: bytes):
    assert missing_end(output, data) == ""


@pytest.mark.parametrize(
    ("output", "data", "missing"),
    [
        ("tap", b"1..3\nnot ok 1 adds\n", "1 of 3 planned tests were told"),
        ("tap", b"not ok 1 adds\n", "the plan is missing"),
        ("tap", b"\xff\x00", "the plan is missing"),
        ("cargo", CARGO + b"running 2 tests\ntest a ... ok\n", "1 of 2 test programs ended without their summary"),
        ("cargo", CARGO + b"error: could not compile `cart` (test) due to 1 error\n", "a part does not compile"),
        ("minitest", MINITEST, "the runner's summary is missing"),
    ],
)
def test_a_run_that_stopped_says_what_it_lacks(output: str, data: bytes, missing: str):
    assert missing_end(output, data) == missing


def test_a_file_that_failed_for_none_of_its_tests_is_broken():
    assert jest(
        b'{"testResults": [{"name": "a.test.js", "status": "failed", "message": "afterAll threw",'
        b' "assertionResults": [{"status": "passed", "title": "adds"}]}]}'
    )[1] == {"a.test.js": "afterAll threw"}


def test_an_interrupted_run_is_not_whole():
    assert jest(
        b'{"wasInterrupted": true, "testResults": [{"name": "a.test.js", "status": "failed", "message": "stopped",'
        b' "assertionResults": [{"status": "failed", "title": "adds"}]}]}'
    )[1] == {"a.test.js": "stopped"}


def test_a_hook_that_failed_is_none_of_the_tests():
    assert mocha_hooks(
        b'{"tests": [{"title": "adds", "fullTitle": "cart adds", "file": "/a.js"}], "failures": ['
        b'{"title": "adds", "fullTitle": "cart adds", "file": "/a.js"}, {"title": "\\"before all\\" hook",'
        b' "fullTitle": "cart \\"before all\\" hook", "file": "/a.js", "err": {"message": "no database"}}]}'
    ) == {"/a.js": "no database"}

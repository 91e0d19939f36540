"""What tools really print, and what is read out of it."""

import json
from textwrap import dedent

from tercet_server.checks.outputs import Within, finding_parser
from tercet_server.checks.outputs.outcomes import cargo_tests, go_test, jest, junit, libtest, minitest, mocha, tap
from tercet_server.ports import Outcome
from tercet_shared.findings import Severity

WITHIN = Within("/w")


def test_sarif():
    place = {
        "artifactLocation": {"uri": "src/a.js"},
        "region": {"startLine": 3, "startColumn": 5, "endLine": 3, "endColumn": 9},
    }
    result = {"ruleId": "no-undef", "level": "error", "message": {"text": "x is\nnot defined"}}
    log = {"runs": [{"results": [{**result, "locations": [{"physicalLocation": place}]}, result]}]}
    [found] = finding_parser("sarif")(json.dumps(log).encode(), WITHIN)
    assert (found.path, found.line, found.column, found.end_column) == ("src/a.js", 2, 4, 8)
    assert (found.rule, found.severity, found.message) == ("no-undef", Severity.ERROR, "x is not defined")


def test_cargo_messages():
    span = {"file_name": "src/lib.rs", "line_start": 2, "line_end": 2, "column_start": 9, "column_end": 10}
    message = {"message": "unused variable: `x`", "level": "warning", "code": {"code": "unused_variables"}}
    spans = [{**span, "is_primary": False}, {**span, "is_primary": True, "line_start": 7}]
    lines = [{"reason": "compiler-artifact"}, {"reason": "compiler-message", "message": {**message, "spans": spans}}]
    output = "\n".join(json.dumps(each) for each in lines).encode()
    [found] = finding_parser("cargo")(output, WITHIN)
    assert (found.path, found.line, found.rule, found.severity) == (
        "src/lib.rs",
        6,
        "unused_variables",
        Severity.WARNING,
    )


def test_eslint():
    said = {"ruleId": None, "severity": 2, "message": "Parsing error", "line": 4, "column": 1}
    report = [{"filePath": "/w/a.js", "messages": [said]}, {"filePath": "/x/b.js", "messages": [said]}]
    [found] = finding_parser("eslint")(json.dumps(report).encode(), WITHIN)
    assert (found.path, found.line, found.rule, found.severity) == ("a.js", 3, "parse-error", Severity.ERROR)


def test_junit():
    xml = """<testsuites><testsuite><testcase classname="shop.CartTest" name="adds" time="0.5"/>
      <testcase classname="shop.CartTest" name="rounds"><failure message="expected 1">at shop.CartTest</failure></testcase>
      <testcase classname="shop.CartTest" name="later"><skipped/></testcase></testsuite></testsuites>"""
    found = junit(xml.encode())
    assert [(each.name, each.outcome) for each in found] == [
        ("adds", Outcome.PASSED), ("rounds", Outcome.FAILED), ("later", Outcome.SKIPPED),
    ]  # fmt: skip
    assert (found[0].duration_s, found[1].message, found[1].report) == (0.5, "expected 1", "at shop.CartTest")
    assert junit(b'<!DOCTYPE x [<!ENTITY a "b">]><testcase name="&a;"/>') == []


def test_tap():
    output = dedent(
        """\
        TAP version 13
        1..4
        ok 1 - adds
        not ok 2 - rounds
        # (in test file a.bats, line 7)
        #   `[ "$x" = 1 ]' failed
        ok 3 - later # skip not yet
        not ok 4 - someday # TODO
        """
    )
    found = tap(output.encode())
    assert [each.outcome for each in found] == [Outcome.PASSED, Outcome.FAILED, Outcome.SKIPPED, Outcome.SKIPPED]
    assert found[1].message == "(in test file a.bats, line 7)"


def test_a_failing_test_is_not_skipped_for_its_name():
    [found] = tap(b"not ok 1 parses # skip comments\n")
    assert found.outcome is Outcome.FAILED


def test_minitest_of_tests_that_print():
    output = dedent(
        """\
        TestCart#test_quiet = 0.01 s = .
        TestCart#test_prints = hello
        0.02 s = F
        TestCart#test_claims = 0.00 s = .
        0.03 s = F

          1) Failure:
        TestCart#test_prints [cart_test.rb:3]:
        Expected: 1
          Actual: 2

          2) Failure:
        TestCart#test_claims [cart_test.rb:4]:
        no
        """
    )
    found = minitest(output.encode())
    assert [(each.name, each.outcome, each.message) for each in found] == [
        ("TestCart#test_quiet", Outcome.PASSED, ""),
        ("TestCart#test_prints", Outcome.FAILED, "Expected: 1"),
        ("TestCart#test_claims", Outcome.FAILED, "no"),
    ]
    assert "cart_test.rb:3" in found[1].report


def test_tests_in_documentation_are_tests():
    output = dedent(
        """\
             Running unittests src/lib.rs (target/debug/deps/cart-1)
        test tests::adds ... ok
           Doc-tests cart
        test src/cart.rs - Cart<T, U>::add (line 3) ... FAILED
        test src/lib.rs - (line 1) - compile ... ok

        failures:

        ---- src/cart.rs - Cart<T, U>::add (line 3) stdout ----
        error[E0425]: cannot find function `f`
        """
    )
    found = [(each.place, each.name, each.outcome, each.report[:5]) for each in cargo_tests(output.encode())]
    assert found == [
        ("src/lib.rs", "tests::adds", Outcome.PASSED, ""),
        ("src/cart.rs", "src/cart.rs - Cart<T, U>::add", Outcome.FAILED, "error"),
        ("src/lib.rs", "src/lib.rs - - compile", Outcome.PASSED, ""),
    ]


def test_what_has_failed_in_go_does_not_pass_afterwards():
    ends = [{"Action": action, "Package": "m/a", "Test": "TestA"} for action in ("fail", "pass")]
    run = go_test("\n".join(map(json.dumps, ends)).encode())
    assert [each.outcome for each in run.tests] == [Outcome.FAILED]


def test_libtest():
    output = dedent(
        """\
        running 3 tests
        test tests::adds ... ok
        test tests::rounds ... FAILED
        test tests::slow ... ignored

        failures:

        ---- tests::rounds stdout ----
        thread 'tests::rounds' panicked at src/lib.rs:9:5:
        assertion failed: x == 1

        failures:
            tests::rounds
        """
    )
    found = libtest(output.encode())
    assert [each.outcome for each in found] == [Outcome.PASSED, Outcome.FAILED, Outcome.SKIPPED]
    assert found[1].message == "assertion failed: x == 1"


def test_go_events():
    events = [
        {"Action": "run", "Package": "m/a", "Test": "TestA"},
        {"Action": "output", "Package": "m/a", "Test": "TestA/sub", "Output": "    a_test.go:9: wrong\n"},
        {"Action": "fail", "Package": "m/a", "Test": "TestA/sub", "Elapsed": 0.1},
        {"Action": "fail", "Package": "m/a", "Test": "TestA", "Elapsed": 0.2},
        {"Action": "run", "Package": "m/a", "Test": "TestHangs"},
        {"Action": "build-output", "ImportPath": "m/b [m/b.test]", "Output": "b/b.go:1:1: undefined: y\n"},
        {"Action": "fail", "Package": "m/a"},
    ]
    run = go_test("\n".join(json.dumps(each) for each in events).encode())
    [test] = run.tests
    assert (test.name, test.outcome, test.message, test.duration_s) == (
        "TestA",
        Outcome.FAILED,
        "a_test.go:9: wrong",
        0.2,
    )
    assert run.unended == [("m/a", "TestHangs")]
    assert run.builds == {"m/b": "b/b.go:1:1: undefined: y\n"}


def test_jest_and_mocha():
    assertion = {
        "ancestorTitles": ["Cart"],
        "title": "adds",
        "status": "failed",
        "failureMessages": ["Error: no\n at x"],
    }
    unread = {"name": "/w/b.test.js", "status": "failed", "message": "SyntaxError", "assertionResults": []}
    report = {"testResults": [{"name": "/w/a.test.js", "assertionResults": [assertion]}, unread]}
    tests, broken = jest(json.dumps(report).encode())
    assert [(each.name, each.outcome, each.message) for each in tests] == [("Cart > adds", Outcome.FAILED, "Error: no")]
    assert broken == {"/w/b.test.js": "SyntaxError"}
    each = {"title": "adds", "fullTitle": "Cart adds", "file": "/w/a.js", "err": {}}
    late = {"title": "later", "fullTitle": "Cart later", "file": "/w/a.js", "err": {}}
    found = mocha(json.dumps({"tests": [each, late], "pending": [late]}).encode())
    assert [(test.name, test.outcome) for test in found] == [
        ("Cart > adds", Outcome.PASSED), ("Cart > later", Outcome.SKIPPED),
    ]  # fmt: skip

"""Evidence for other programs and for people: SARIF that is SARIF, Markdown that nobody's words can break out of."""

import json
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sarif_pydantic import Sarif
from tercet_server.cli.evidence.markdown import fenced, markdown, text
from tercet_server.cli.evidence.sarif import sarif
from tercet_shared.edits import ChangeSet, FileEdit, Position, Range, TextEdit
from tercet_shared.evidence import EvidenceDocument, evidence_document
from tercet_shared.proposals import Check, CheckName, CheckStatus, Gate, OnFailure

GATE = Gate(figure=66.7, threshold=80, unit="percent of the changed lines", on_failure=OnFailure.REPORT)
COVERAGE = Check(
    name=CheckName.COVERAGE,
    tool="tests, traced",
    status=CheckStatus.WARNED,
    summary="Tests that pass run 2 of 3 changed lines (67 %).",
    command=["python", "-m", "coverage", "run", "-m", "pytest", "tests/test_a.py::test_of[x y]"],
    exit_code=0,
    gate=GATE,
)


@pytest.fixture
def document(models) -> EvidenceDocument:
    plain = models.evidence().checks
    evidence = models.evidence(checks=[*plain, COVERAGE])
    return evidence_document(models.run(), models.proposal(evidence=evidence), "0.1.0")


def changed(document: EvidenceDocument, **evidence) -> EvidenceDocument:
    return document.model_copy(update={"evidence": document.evidence.model_copy(update=evidence)})


def test_the_document_names_a_command_for_each_check_that_has_one(document):
    assert [each.line for each in document.reproduce] == [
        "python -m coverage run -m pytest 'tests/test_a.py::test_of[x y]'"
    ]
    assert document.apply_with == f"tercet apply {document.run_id}"
    assert EvidenceDocument.model_validate_json(document.model_dump_json()) == document


# -- SARIF


def read(document: EvidenceDocument) -> Sarif:
    return Sarif.model_validate_json(json.dumps(sarif(document)))


def test_sarif_has_a_result_for_the_change_and_for_each_check(document):
    run = read(document).runs[0]
    assert [each.rule_id for each in run.results] == ["proposal", "syntax", "tests", "coverage"]
    assert [each.kind for each in run.results] == ["review", "pass", "pass", "fail"]
    assert [each.level.value for each in run.results] == ["none", "none", "none", "warning"]
    rules = [each.id for each in run.tool.driver.rules]
    assert [rules[each.rule_index] for each in run.results] == [each.rule_id for each in run.results]


def test_sarif_carries_the_change_as_a_fix_counting_from_one(document):
    run = sarif(document)["runs"][0]
    change = run["results"][0]["fixes"][0]["artifactChanges"][0]
    assert change["artifactLocation"] == {"uri": "src/prices.py", "uriBaseId": "%SRCROOT%"}
    assert change["replacements"] == [
        {
            "deletedRegion": {"startLine": 2, "startColumn": 18, "endLine": 2, "endColumn": 19},
            "insertedContent": {"text": "<="},
        }
    ]
    assert run["columnKind"] == "unicodeCodePoints"
    assert run["artifacts"][0]["roles"] == ["modified"]


def test_sarif_tells_the_commands_and_the_figures(document):
    run = sarif(document)["runs"][0]
    assert [each["arguments"][-1] for each in run["invocations"]] == ["tests/test_a.py::test_of[x y]"]
    assert run["results"][-1]["properties"]["gate"] == GATE.model_dump(mode="json")
    assert run["properties"]["verified"] is True


@pytest.mark.parametrize("status", CheckStatus)
def test_in_sarif_only_what_fails_has_a_level(document, status):
    check = COVERAGE.model_copy(update={"status": status, "summary": ""})
    result = read(changed(document, checks=[check])).runs[0].results[1]
    assert (result.kind == "fail") == (result.level.value != "none")
    assert result.message.text


def test_names_of_files_are_references_in_sarif(document):
    here = Range(start=Position(line=0, character=0), end=Position(line=0, character=0))
    odd = FileEdit(path="a b/#ü%.py", base_sha256=None, edits=[TextEdit(range=here, new_text="x = 1\n")])
    run = sarif(document.model_copy(update={"change_set": ChangeSet(files=[odd])}))["runs"][0]
    assert run["artifacts"][0] == {
        "location": {"uri": "a%20b/%23%C3%BC%25.py", "uriBaseId": "%SRCROOT%"},
        "roles": ["added"],
    }


@pytest.mark.parametrize("program", ["/home/ada/.venv/bin/python", r"C:\Users\ada\python.exe", "python"])
def test_sarif_names_no_place_of_this_machine(document, program):
    """Locations are relative to the project's root; programs go by their names."""
    check = COVERAGE.model_copy(update={"command": [program, "-m", "pytest"]})
    said = sarif(changed(document, checks=[check], interpreter=program))
    assert "ada" not in json.dumps(said)
    assert said["runs"][0]["properties"]["interpreter"] in {"python", "python.exe"}
    found = list(uris(said["runs"]))
    assert len(found) >= 4
    for uri in found:
        assert not uri.startswith(("/", "\\")), uri
        assert ":" not in uri, uri


def uris(node):
    """Every `uri` of a document, however deep."""
    if isinstance(node, list):
        for each in node:
            yield from uris(each)
    elif isinstance(node, dict):
        for key, value in node.items():
            if key == "uri":
                yield value
            else:
                yield from uris(value)


# -- Markdown


def test_markdown_says_what_a_reviewer_wants_to_know(document):
    said = markdown(document)
    assert said.startswith(
        "### replace \\`\\<\\` by \\`\\<=\\` in cheap()\n\n**Verified** with 0 tests, in a sandbox (bubblewrap:"
    )
    assert "| coverage | ⚠️ warned | Tests that pass run 2 of 3 changed lines (67 %). (tests, traced) |" in said
    assert "66.7 percent of the changed lines; at least 80, else reported" in said
    assert (
        f"```sh\n# in the project, with the change applied (`tercet apply {document.run_id}`)\npython -m coverage run"
        in said
    )
    assert "```diff\n--- a/src/prices.py" in said
    assert "Not run:\n\n- tests/test\\_slow.py" in said
    assert said.endswith("</sub>\n")


def test_markdown_says_why_a_change_is_unverified(document):
    said = markdown(changed(document, verified=False, unverified_reason="There was no time."))
    assert "**Unverified:** There was no time." in said


def test_markdown_does_not_tell_where_programs_lie_on_a_machine(document):
    commands = [["/home/ada/.venv/bin/python", "-m", "pytest"], [r"C:\Users\ada\python.exe", "-V"]]
    checks = [COVERAGE.model_copy(update={"command": each}) for each in commands]
    said = markdown(changed(document, checks=checks, interpreter="/home/ada/.venv/bin/python"))
    assert "\npython -m pytest\npython.exe -V\n" in said
    assert "ada" not in said


def test_many_tests_that_were_not_run_are_counted(document):
    check = COVERAGE.model_copy(update={"not_run": [f"t{number}" for number in range(50)]})
    said = markdown(changed(document, checks=[check]))
    assert "- t19\n- and 30 more" in said


@given(st.text())
def test_no_words_become_markup(words: str):
    shown = text(words)
    assert "\n" not in shown
    bare = re.sub(r"\\.", "", shown).replace("<!-- -->", "")
    assert not set(bare) & set("`*_[]<>|~&")
    assert not re.search(r"@\w", shown)


@given(st.text(alphabet="`\nx"))
def test_no_content_closes_its_block(content: str):
    first, *inside, last = fenced("diff", content).split("\n")
    assert first == f"{last}diff"
    assert all(last not in line for line in inside)


def test_words_of_a_tool_make_no_links_and_no_formulas():
    assert text("https://a.example www.a.example $x$") == "https:<!-- -->//a.example www<!-- -->.a.example \\$x\\$"

"""Failing tests and suspicious lines as findings, over texts of every shape."""

import pytest
from tercet_server.agents.failures import findings_of_failures, findings_of_suspects
from tercet_server.ports import Frame, Outcome, TestResult
from tercet_shared.errors import Unsupported
from tercet_shared.findings import Severity
from tercet_shared.runs import Suspect

FILES = {
    "tests/test_a.py": "import a\n\n\nclass TestA:\n    def test_one(self):\r\n        a.f()\r\n",
    "a.py": "def f():\n\tg()\n",
}


class Copy:
    async def read_text(self, path: str) -> str:
        if path not in FILES:
            raise Unsupported(f"{path} is no text")
        return FILES[path]


def failed(test: str, *frames: Frame, **values: object) -> TestResult:
    return TestResult(test, values.pop("outcome", Outcome.FAILED), 3.4, frames=frames, **values)


async def only(result: TestResult):
    [findings] = (await findings_of_failures(Copy(), [result])).values()
    [finding] = findings
    return finding


async def test_the_innermost_line_of_the_test_file_and_where_the_failure_went():
    frames = (Frame("tests/test_a.py", 5, "test_one"), Frame("a.py", 1, "f"), Frame("gone.py", 9, "g"))
    finding = await only(failed("tests/test_a.py::TestA::test_one", *frames, message="KeyError: 1\nmore"))
    assert (finding.range.start.line, finding.range.start.character, finding.range.end.character) == (5, 8, 13)
    assert finding.message == "KeyError: 1"
    assert [(each.path, each.range.start.line, each.message) for each in finding.related] == [("a.py", 1, "in f")]
    assert finding.related[0].range.start.character == 1


async def test_without_a_frame_the_test_s_definition():
    finding = await only(failed("tests/test_a.py::TestA::test_one[a-b]"))
    assert finding.range.start.line == 4
    assert finding.message == "tests/test_a.py::TestA::test_one[a-b] failed"


async def test_a_hanging_test_says_how_long():
    finding = await only(failed("tests/test_a.py::TestA::test_one", outcome=Outcome.TIMEOUT))
    assert (finding.rule, finding.severity) == ("test-timeout", Severity.ERROR)
    assert "did not end within 3 s" in finding.message


async def test_a_broken_file_is_marked_at_its_beginning():
    finding = await only(failed("tests/test_a.py", Frame("tests/test_a.py", 99, "?"), outcome=Outcome.ERROR))
    assert finding.range.start.line == 0


async def test_a_test_file_that_cannot_be_read_has_no_finding():
    assert await findings_of_failures(Copy(), [failed("gone.py::test")]) == {}


@pytest.mark.parametrize(
    ("failing", "words"), [(["t::a"], "why a fails"), (["t::a", "t::b"], "why a and 1 more fails")]
)
async def test_suspects_are_hints_of_the_likeliest_lines(failing, words):
    suspects = [Suspect(path="a.py", line=1, score=0.9), Suspect(path="a.py", line=0, score=0.4)]
    found = await findings_of_suspects(Copy(), suspects, failing)
    [hint] = found["a.py"]
    assert (hint.severity, hint.test, hint.range.start.line) == (Severity.HINT, "t::a", 1)
    assert words in hint.message


async def test_suspects_of_lines_that_are_not_there_are_left_out():
    suspects = [Suspect(path="a.py", line=77, score=1.0), Suspect(path="gone.py", line=0, score=1.0)]
    assert await findings_of_suspects(Copy(), suspects, ["t::a"]) == {}

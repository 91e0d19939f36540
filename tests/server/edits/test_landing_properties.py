"""What holds for any text and any edit: a clean edit gives the second text, a damaged one that text or a refusal, never another."""

import random
from dataclasses import dataclass

from hypothesis import given, settings
from hypothesis import strategies as st
from tercet_server.edits import apply_edits, decode, encode, from_reply, unified_diff
from tercet_server.edits.encoding import DecodedText
from tercet_server.edits.refusal import Reason
from tercet_shared.edits import FileTexts
from tercet_shared.errors import EditRefused, TooLarge

PATH = "a/b.py"
WORDS = ["alpha", "beta", "gamma", "delta", "kappa", "sigma", "omega", "lambda"]


@dataclass(frozen=True)
class Edit:
    """A text, what becomes of it, and its lines as a diff marks them."""

    before: str
    after: str
    marked: tuple[tuple[str, str], ...]

    def block(self) -> str:
        old = "".join(f"{line}\n" for mark, line in self.marked if mark != "+")
        new = "".join(f"{line}\n" for mark, line in self.marked if mark != "-")
        return f"{PATH}\n<<<<<<< SEARCH\n{old}=======\n{new}>>>>>>> REPLACE\n"

    def patch(self) -> str:
        return f"*** Begin Patch\n*** Update File: {PATH}\n@@\n{self._body()}*** End Patch\n"

    def diff(self, head: str = "@@ @@") -> str:
        return f"--- a/{PATH}\n+++ b/{PATH}\n{head}\n{self._body()}"

    def _body(self) -> str:
        return "".join(f"{mark}{line}\n" for mark, line in self.marked)


def distinct_lines(number: int) -> list[str]:
    """Lines of code that differ in their words, indented as code is."""
    return [
        f"{'    ' * (at % 3)}{WORDS[at % 8]}_{WORDS[at // 8 % 8]}_{at}({WORDS[at % 5]})"
        if at % 7
        else ["", "}", "# the note"][at % 3]
        for at in range(1, number + 1)
    ]


@st.composite
def edits(draw: st.DrawFn) -> Edit:
    """A change of a few lines with three of context around, in a text where no six lines in a row stand twice."""
    lines = distinct_lines(draw(st.integers(8, 40)))
    start = draw(st.integers(0, len(lines) - 1))
    gone = draw(st.integers(0, min(4, len(lines) - start)))
    added = [f"    added_{at}_{draw(st.sampled_from(WORDS))}()" for at in range(draw(st.integers(0 if gone else 1, 4)))]
    head, tail = lines[max(0, start - 3) : start], lines[start + gone : start + gone + 3]
    marked = [(" ", each) for each in head] + [("-", each) for each in lines[start : start + gone]]
    marked += [("+", each) for each in added] + [(" ", each) for each in tail]
    after = lines[:start] + added + lines[start + gone :]
    return Edit("".join(f"{each}\n" for each in lines), "".join(f"{each}\n" for each in after), tuple(marked))


def check_refusal(refused: EditRefused | TooLarge) -> None:
    assert refused.sentence
    assert isinstance(refused, TooLarge) or refused.data["reason"] in set(Reason)


def result(text: str, reply: str) -> str | None:
    """The text afterwards; None if the edit is refused."""
    try:
        (edit,) = from_reply(reply, {PATH: text}).changes.files
    except EditRefused as refused:
        check_refusal(refused)
        return None
    return apply_edits(text, edit.edits)


@settings(deadline=None)
@given(edit=edits())
def test_a_clean_edit_gives_the_second_text_in_every_format(edit: Edit):
    for reply in (edit.block(), edit.patch(), edit.diff(), edit.diff("@@ -700,2 +900,4 @@")):
        assert result(edit.before, reply) == edit.after


@settings(deadline=None)
@given(edit=edits(), end=st.sampled_from(["\r\n", "\r", "\n"]), final=st.booleans())
def test_line_ends_and_the_end_of_the_file_stay(edit: Edit, end: str, final: bool):
    def stored(text: str) -> str:
        text = text if final else text.removesuffix("\n")
        return text.replace("\n", end)

    assert result(stored(edit.before), edit.patch()) == stored(edit.after)
    assert result(stored(edit.before), edit.patch().replace("\n", "\r\n")) == stored(edit.after)


DAMAGES = st.lists(
    st.sampled_from(["shift", "tabs", "trailing", "no_blanks", "lost_context", "quotes", "crlf", "prose"]),
    max_size=3,
    unique=True,
)


def damaged(edit: Edit, damages: list[str], seed: int) -> Edit:
    """As a model that copies badly would write it. What changes is left alone but for its indentation,
    and so are its neighbours: without them nobody could tell where it belongs."""
    choose = random.Random(seed)
    marked = list(edit.marked)
    if "lost_context" in damages:
        marks = "".join(mark for mark, _ in marked)
        if inner := [at for at in range(len(marks)) if not marks[max(0, at - 1) : at + 2].strip()]:
            del marked[choose.choice(inner)]
    if "no_blanks" in damages:
        marked = [each for each in marked if each[0] != " " or each[1].strip()]
    if "trailing" in damages:
        marked = [(mark, line + " " * choose.randrange(3) if mark != "+" else line) for mark, line in marked]
    if "tabs" in damages:
        marked = [(mark, line.replace("    ", "\t")) for mark, line in marked]
    elif "shift" in damages:
        marked = [(mark, f"  {line}" if line.strip() else line) for mark, line in marked]
    if "quotes" in damages:
        marked = [(mark, line.replace("_", "_\u200b") if mark == " " else line) for mark, line in marked]
    return Edit(edit.before, edit.after, tuple(marked))


@settings(deadline=None, max_examples=300)
@given(edit=edits(), damages=DAMAGES, seed=st.integers(0, 1000), other=st.booleans())
def test_a_damaged_edit_gives_the_second_text_or_a_refusal(edit: Edit, damages: list[str], seed: int, other: bool):
    bad = damaged(edit, damages, seed)
    reply = bad.block() if other else bad.patch()
    if "crlf" in damages:
        reply = reply.replace("\n", "\r\n")
    if "prose" in damages:
        reply = f"I change this:\n\n{reply}\nThat is all.\n"
    became = result(edit.before, reply)
    if became is not None:
        assert [each.split() for each in became.split("\n") if each.strip()] == [
            each.split() for each in edit.after.split("\n") if each.strip()
        ]


@settings(deadline=None)
@given(edit=edits())
def test_an_edit_is_applied_once(edit: Edit):
    for reply in (edit.block(), edit.patch(), edit.diff()):
        assert result(edit.after, reply) is None


@settings(deadline=None)
@given(edit=edits(), lost=st.integers(0, 3))
def test_a_text_without_the_lines_to_replace_is_left_alone(edit: Edit, lost: int):
    gone = [line for mark, line in edit.marked if mark == "-" and line.strip("}# ")]
    if gone:
        stale = edit.before.replace(gone[lost % len(gone)] + "\n", "other_call(7)\n")
        assert result(stale, edit.block()) is None
        assert result(stale, edit.diff()) is None


ANY_LINES = st.lists(
    st.sampled_from(["a", "b", "  a", "\tb", "", "}", "# c", "d e f g h", "...", "x" * 9]), max_size=12
)


@settings(deadline=None)
@given(before=ANY_LINES, after=ANY_LINES)
def test_our_own_diffs_land_or_are_refused_whatever_repeats(before: list[str], after: list[str]):
    texts = FileTexts(PATH, "\n".join(before), "\n".join(after))
    if reply := unified_diff([texts]):
        assert result("\n".join(before), reply) in (texts.after, None)


SCRAPS = (
    "<<<<<<< SEARCH|=======|>>>>>>> REPLACE|--- a/b.py|+++ b/b.py|@@ -1,2 +1 @@|@@|*** Begin Patch|```|...||"
    "*** Update File: a/b.py|*** Add File: x|*** End Patch|a/b.py|-a|+b| a|a|{|"
    '{"path": "a/b.py",|"old": "a", "new": "b"}|[|\x00|\ud800|&lt;|12: a|'
    "\\ No newline at end of file|:start_line:3|\u22ee 3 lines"
)
FRAGMENTS = st.sampled_from(SCRAPS.split("|"))


@settings(deadline=None, max_examples=400)
@given(lines=st.lists(FRAGMENTS, max_size=14), text=st.sampled_from(["", "a\n", "a\na\n", "b\n\n  a\r\n}", "<\n...\n"]))
def test_any_reply_lands_or_is_refused(lines: list[str], text: str):
    try:
        landed = from_reply("\n".join(lines), {PATH: text})
    except (EditRefused, TooLarge) as refused:
        check_refusal(refused)
    else:
        assert landed.changes.files


@given(st.text())
def test_any_text_at_all_lands_or_is_refused(reply: str):
    try:
        from_reply(reply, {PATH: "a\n"})
    except EditRefused as refused:
        check_refusal(refused)


def test_the_byte_order_mark_and_the_encoding_stay():
    stored = decode("\ufeffname = 'Zoë'\r\nsize = 1\r\n".encode("utf-16-le"))
    became = result(stored.text, f"{PATH}\n<<<<<<< SEARCH\nsize = 1\n=======\nsize = 2\n>>>>>>> REPLACE\n")
    assert became is not None
    assert encode(DecodedText(became, stored.encoding, stored.bom)) == "\ufeffname = 'Zoë'\r\nsize = 2\r\n".encode(
        "utf-16-le"
    )

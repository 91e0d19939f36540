"""On real code that nobody wrote for us: every edit applies, keeps the rest byte by byte, and compiles or is dropped."""

import ast
import contextlib
import sysconfig
import warnings
from functools import cache
from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tercet_server.edits import apply_edits, file_edit
from tercet_server.proposers.repair.equivalence import Equivalence
from tercet_server.proposers.repair.rank import mutations_at, ranked_mutations
from tercet_server.proposers.repair.subject import Subject

MODULES = sorted(
    path
    for path in Path(sysconfig.get_path("stdlib")).glob("*.py")
    if 1_000 < path.stat().st_size < 20_000 and path.stem != "antigravity"
)


@cache
def subject_of(path: Path, line_end: str) -> Subject:
    return Subject.of(path.read_text("utf-8").replace("\n", line_end))


@given(st.sampled_from(MODULES), st.sampled_from(["\n", "\r\n"]), st.data())
@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
def test_edits_of_the_standard_library(path: Path, line_end: str, data: st.DataObject) -> None:
    subject = subject_of(path, line_end)
    text = subject.module.text
    nodes = [
        each
        for each in ast.walk(subject.module.tree)
        if isinstance(each, ast.expr | ast.stmt) and subject.module.mutable(each)
    ]
    node = data.draw(st.sampled_from(nodes))
    equivalence = Equivalence(subject.module)
    for mutation in list(mutations_at(subject, node))[:50]:
        assert 0 <= mutation.start <= mutation.end <= len(text)
        mutant = mutation.apply(text)
        assert mutant[: mutation.start] == text[: mutation.start]
        assert mutant.endswith(text[mutation.end :])
        if line_end == "\r\n":
            assert "\n" not in mutation.replacement.replace("\r\n", "")
        if equivalence.is_new(mutation):
            with warnings.catch_warnings(action="ignore"):
                compile(mutant, "mutant", "exec", dont_inherit=True)
            assert apply_edits(text, file_edit("a.py", text, mutant).edits) == mutant


@given(st.sampled_from(MODULES[:40]), st.data())
@settings(max_examples=5, deadline=None, suppress_health_check=list(HealthCheck))
def test_the_same_input_gives_the_same_order(path: Path, data: st.DataObject) -> None:
    text = path.read_text("utf-8")
    line = data.draw(st.integers(0, text.count("\n")))
    suspicion = {line: 0.9, line + 1: 0.4}
    assert ranked_mutations(Subject.of(text), suspicion) == ranked_mutations(Subject.of(text), suspicion)


@given(st.text(max_size=200))
def test_what_is_not_python_is_refused_cleanly(text: str) -> None:
    with contextlib.suppress(SyntaxError, ValueError, RecursionError, MemoryError):
        Subject.of(text)

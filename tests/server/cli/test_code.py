"""The commands about code: places as a person reads them, sections for a prompt, and an index that is followed while built."""

import io
import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
from rich.console import Console
from tercet_server.cli import indexing, render_code
from tercet_shared import errors
from tercet_shared.context import (
    ContextSection,
    Coverage,
    FileHit,
    IndexState,
    IndexStatus,
    Reason,
    SearchAnswer,
    SearchHit,
    SectionFile,
    Symbol,
)
from tercet_shared.edits import Position, Range, line_range

from tests.doubles.scripted_daemon import ScriptedDaemon

WHOLE = Coverage(complete=True, files_done=12_345, files_total=12_345)
HALF = Coverage(complete=False, files_done=6_000, files_total=12_345)


def symbol(name: str) -> Symbol:
    where = Range(start=Position(line=40, character=0), end=Position(line=50, character=0))
    return Symbol(
        path="src/prices.py",
        name=name,
        kind="function",
        range=where,
        name_range=line_range(42, 4, 9),
        signature=f"def {name}()",
    )


def answer(coverage: Coverage = WHOLE) -> SearchAnswer:
    reasons = [
        Reason(signal="graph", share=1, detail="used by 3"),
        Reason(signal="words", share=3, detail="“cheap” \x1b[31m"),
    ]
    hits = [SearchHit(symbol=symbol("cheap"), score=4, reasons=reasons), SearchHit(symbol=symbol(""), score=2)]
    return SearchAnswer(files=[FileHit(path="src/prices.py", score=4)], definitions=hits, coverage=coverage)


@pytest.fixture
def known(daemon: ScriptedDaemon, models, monkeypatch: pytest.MonkeyPatch) -> ScriptedDaemon:
    """A daemon that has indexed the workspace."""
    monkeypatch.setattr(indexing, "LOOK_S", 0.01)
    daemon.on("POST /workspaces", models.workspace())
    daemon.on(f"GET /workspaces/{models.workspace_id}/index", status(models))
    daemon.on(f"GET /workspaces/{models.workspace_id}/search", answer())
    return daemon


def status(models, state: IndexState = IndexState.READY, coverage: Coverage = WHOLE, **more: object) -> IndexStatus:
    fields = {"lines": 1_000_000, "documents": 9, "size_bytes": 5_400_000, "built_at": datetime(2026, 5, 4, tzinfo=UTC)}
    return IndexStatus(workspace_id=models.workspace_id, state=state, coverage=coverage, **{**fields, **more})


def test_places_are_listed_best_first(known, tercet):
    result = tercet("context", "what is cheap")
    lines = result.out.splitlines()
    assert result.exit_code == 0
    assert "  1  cheap  function  src/prices.py:43" in lines
    assert "     def cheap()" in lines
    assert "  2  top of the file  function  src/prices.py:43" in lines
    assert any(line.startswith("  ██████████  src/prices.py") for line in lines)
    assert "words" not in result.out


def test_why_says_what_speaks_for_a_place_the_strongest_first(known, tercet):
    out = tercet("context", "what is cheap", "--why").out
    assert out.index("75 %") < out.index("25 %")
    assert "used by 3" in out
    assert "\x1b" not in out


def test_a_section_is_printed_as_it_is(known, models, tercet):
    packed = ContextSection(
        text="src/prices.py\n```\n⋮ 1 line\n    return [x]\n```\n",
        tokens=17,
        budget=100,
        files=[SectionFile(path="src/prices.py", text_sha256="0" * 64, bodies=["cheap"], signatures=[])],
        left_out=2,
        coverage=WHOLE,
    )
    known.on(f"GET /workspaces/{models.workspace_id}/context", packed)
    result = tercet("context", "cheap", "--budget", "100")
    assert result.out == packed.text
    assert "17 of 100 tokens: 1 whole, 0 as signatures, from 1 files; 2 more found no room." in result.err
    assert json.loads(tercet("context", "cheap", "--budget", "100", "--json").out)["tokens"] == 17


def test_nothing_found_is_a_failure(known, models, tercet):
    nothing = SearchAnswer(files=[], definitions=[], coverage=WHOLE)
    known.on(f"GET /workspaces/{models.workspace_id}/search", nothing)
    result = tercet("context", "zzz")
    assert (result.exit_code, result.out.strip()) == (1, "Nothing in this workspace has to do with these words.")
    known.on(f"GET /workspaces/{models.workspace_id}/search", errors.WorkspaceGone("It has vanished."))
    assert tercet("context", "zzz").exit_code == 6
    assert tercet("context").exit_code == 2


def test_a_build_is_followed_before_the_answer_or_not(known, models, tercet):
    index = f"GET /workspaces/{models.workspace_id}/index"
    counting = Coverage(complete=False, files_done=0, files_total=0)
    building = [status(models, IndexState.BUILDING, each) for each in (counting, HALF, HALF)]
    known.on(index, *building, status(models))
    assert "Indexing: 6,000 of 12,345 files" in tercet("context", "cheap").err
    known.on(f"GET /workspaces/{models.workspace_id}/search", answer(HALF))
    partly = tercet("context", "cheap", "--now")
    assert "Only 6,000 of 12,345 files are indexed so far" in partly.out
    assert "Indexing" not in partly.err


def test_a_terminal_shows_a_bar_while_it_is_built(models):
    console = Console(force_terminal=True, width=80, record=True, file=io.StringIO())
    with indexing._bar(console) as show:
        show(status(models, IndexState.BUILDING, Coverage(complete=False, files_done=0, files_total=0)))
        show(status(models, IndexState.BUILDING, HALF))
    assert "6,000 of 12,345 files" in console.export_text()


def test_the_state_of_the_index(known, models, tercet):
    out = tercet("index", "status").out
    for part in (str(models.root), "✓ ready", "12,345", "1,000,000", "5.4 MB", "ago"):
        assert part in out
    assert json.loads(tercet("index", "status", "--json").out)["state"] == "ready"


def test_a_rebuild_is_followed_to_its_end(known, models, tercet):
    rebuild, index = (f"{each} /workspaces/{models.workspace_id}/index" for each in ("POST", "GET"))
    known.on(f"{rebuild}/rebuild", status(models, IndexState.BUILDING, HALF))
    failed = status(models, IndexState.FAILED, HALF, problems=["There is no room left."], built_at=None)
    known.on(index, status(models, IndexState.BUILDING, HALF), failed)
    result = tercet("index", "rebuild")
    assert result.exit_code == 1
    assert "6,000 of 12,345" in result.out
    assert "! There is no room left." in result.out


@pytest.mark.parametrize(
    ("part", "shown"), [(0, "    "), (1, "████"), (0.5, "██  "), (0.03, "▏   "), (7, "████"), (-1, "    ")]
)
def test_a_bar_is_filled_to_an_eighth(part: float, shown: str):
    assert render_code.bar(part, 4) == shown


def test_an_index_is_rendered_with_its_age(models):
    console = Console(width=80, record=True, file=io.StringIO())
    console.print(render_code.index(Path("/p"), status(models), datetime(2026, 5, 4, 3, tzinfo=UTC)))
    assert "3 h ago" in console.export_text()

"""`tercet learn show` and `tercet learn reset`, as a person and a program see them."""

import json
from datetime import UTC, datetime

from tercet_shared.ids import WorkspaceId
from tercet_shared.learning import Learned, Record
from tercet_shared.runs import Intent


def learned(workspace_id: str, **more: object) -> Learned:
    return Learned.model_validate({"workspace_id": WorkspaceId(workspace_id), **more})


def test_what_was_learnt_is_a_table_and_sentences(daemon, models, tercet):
    record = Record(
        proposer="repair", intent=Intent.FIX, offered=3, applied=1, edited=0, discarded=2, undone=0, confidence=0.6
    )
    known = models.workspace()
    daemon.on("POST /workspaces", known)
    daemon.on(
        f"GET /workspaces/{known.id}/learning",
        learned(
            known.id,
            records=[record],
            candidates=4,
            failed_checks={"tests": 3},
            lessons=["The user discarded: swap \x1b[31m"],
            since=datetime(2026, 1, 2, tzinfo=UTC),
        ),
    )
    result = tercet("learn", "show")
    assert result.exit_code == 0
    assert "repair" in result.out
    assert "60%" in result.out
    assert "4 candidates proved; failed at: tests 3" in result.out
    assert "The user discarded: swap" in result.out
    assert "when it was reset" in result.out
    assert "\x1b" not in result.out

    assert json.loads(tercet("learn", "show", "--json").out)["records"][0]["discarded"] == 2


def test_reset_forgets_and_says_what_stays(daemon, models, tercet):
    known = models.workspace()
    daemon.on("POST /workspaces", known)
    daemon.on(f"DELETE /workspaces/{known.id}/learning", None)
    daemon.on(f"GET /workspaces/{known.id}/learning", learned(known.id))
    result = tercet("learn", "reset")
    assert result.exit_code == 0
    assert "Forgotten." in result.out
    assert "Nothing has been learnt here yet" in tercet("learn", "show").out

"""What can be asked for at any place: tests, documentation, types, and so on. Each is a command that starts a run.

Listed when the user opens a menu, not where the cursor happens to stand.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from lsprotocol import types

from tercet_lsp.convert.arguments import Command
from tercet_lsp.editor import Editor
from tercet_lsp.features.code_actions.spot import Spot, command_action

_PREFIX = "refactor.rewrite"
KINDS = (_PREFIX,)

NEEDS_MODEL = "This needs a language model, and none is configured (see `tercet models`)."


@dataclass(frozen=True)
class _Rewrite:
    title: str
    command: Command
    instructions: str = ""
    needs_model: bool = False


REWRITES = (
    _Rewrite("write tests", Command.TEST),
    _Rewrite("document", Command.DOCUMENT),
    _Rewrite("add types", Command.REFACTOR, "Add type annotations, and change nothing else.", True),
    _Rewrite("simplify", Command.REFACTOR, "Make the code simpler to read without changing what it does.", True),
    _Rewrite("optimise", Command.OPTIMISE, needs_model=True),
    _Rewrite("secure", Command.SECURE),
    _Rewrite("explain", Command.EXPLAIN),
)


def at(ls: Editor, spot: Spot) -> Iterator[types.CodeAction]:
    if not (spot.by_hand and spot.wants(_PREFIX)):
        return
    for rewrite in REWRITES:
        action = _action(spot, rewrite)
        if rewrite.needs_model and ls.session.has_model is False:
            if not ls.abilities.shows_disabled:
                continue
            action.command, action.disabled = None, types.CodeActionDisabled(reason=NEEDS_MODEL)
        yield action


def _action(spot: Spot, rewrite: _Rewrite) -> types.CodeAction:
    start, end = spot.asked.start, spot.asked.end
    place = {
        "uri": spot.document.uri,
        "range": {
            "start": {"line": start.line, "character": start.character},
            "end": {"line": end.line, "character": end.character},
        },
    }
    arguments = {**place, "instructions": rewrite.instructions} if rewrite.instructions else place
    return command_action(f"Tercet: {rewrite.title}", _PREFIX, rewrite.command, arguments)

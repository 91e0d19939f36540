"""The command `tercet run`: words in, what the daemon understands by them shown, and then the run of that intent."""

from collections.abc import Sequence
from dataclasses import replace

from rich.text import Text
from tercet_shared.errors import InvalidRequest
from tercet_shared.free_text import MOST_WORDS, FreeText, Understood
from tercet_shared.runs import Intent

from tercet_server.cli import project
from tercet_server.cli.exits import Exit
from tercet_server.cli.explain import Asked, answered
from tercet_server.cli.requests import Wish, carry_out, ended, reviewed
from tercet_server.cli.session import Session
from tercet_server.cli.terminal import Terminal, printable


async def run(words: Sequence[str], wish: Wish, intent: str | None, dry: bool, terminal: Terminal) -> Exit:
    """`intent` is the person's own choice, if any; `dry`: only say what would be done. Raises InvalidRequest for no intent."""
    root, chosen = project.named_root(wish.workspace), None if intent is None else _chosen(intent)
    async with Session() as session:
        workspace = await session.workspace(root)
        asked = FreeText(workspace_id=workspace.id, words=_said(words), intent=chosen, client_id=session.client_id)
        understood = await session.client.understand(asked)
        if dry:
            terminal.show(*(Text(printable(line)) for line in understood.told()))
            terminal.document({"understood": understood})
            return Exit.OK
        for line in understood.told():
            terminal.note(line)
        return await _carried(session, understood, wish, terminal)


def _chosen(intent: str) -> Intent:
    if intent not in {each.value for each in Intent}:
        raise InvalidRequest(f"There is no intent {intent!r}. There are: {', '.join(Intent)}.")
    return Intent(intent)


def _said(words: Sequence[str]) -> str:
    said = " ".join(words).strip()
    if not 0 < len(said) <= MOST_WORDS:
        raise InvalidRequest(
            f'Say in 1 to {MOST_WORDS} characters what is to be done: `tercet run "fix the failing tests"`.'
        )
    return said


async def _carried(session: Session, understood: Understood, wish: Wish, terminal: Terminal) -> Exit:
    root = project.named_root(wish.workspace)
    if understood.intent is Intent.EXPLAIN:
        asked = Asked(root, understood.target, understood.instructions)
        return await answered(session, asked, wish.deadline_s, terminal)
    wish = replace(wish, instructions=understood.instructions)
    carried = await carry_out(session, root, understood.target, understood.intent, wish, terminal)
    if understood.intent is Intent.REVIEW:
        return await reviewed(session, carried, understood.target, terminal)
    return await ended(session, carried, terminal, apply=wish.apply)

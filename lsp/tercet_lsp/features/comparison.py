"""A proposal's change to look at before it is applied: `tercet.compare`, and the text of our virtual documents.

Shown as a unified diff, in a virtual document where the editor reads those, else in a temporary read-only file.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from lsprotocol import types
from tercet_shared.errors import InvalidRequest, NotFound

from tercet_lsp.convert.arguments import Arguments, Command
from tercet_lsp.convert.evidence import standing
from tercet_lsp.editor import Editor

if TYPE_CHECKING:
    from tercet_shared.proposals import Proposal

_URI = re.compile(r"^tercet:/proposals/(\w+)\.diff$")


def register(ls: Editor) -> None:
    ls.add_command(Command.COMPARE, compare, "proposal")
    if ls.abilities.reads_virtual:
        ls.feature(types.WORKSPACE_TEXT_DOCUMENT_CONTENT)(content)


async def compare(ls: Editor, arguments: Arguments) -> object:
    """`tercet.compare`: shows the change; the diff is the result too."""
    name = arguments.proposal
    if name is None:
        raise InvalidRequest('Say which: `{"proposal": …}`.')
    proposal = await ls.session.ask(lambda daemon: daemon.proposal(name))
    gist = f"{proposal.title} ({standing(proposal.evidence)}): {', '.join(proposal.change_set.paths)}"
    ls.in_background(ls.present(_document(proposal), gist, f"tercet:/proposals/{proposal.id}.diff"))
    return proposal.diff


async def content(ls: Editor, params: types.TextDocumentContentParams) -> types.TextDocumentContentResult:
    """The text of a virtual document."""
    named = _URI.match(params.uri)
    if named is None:
        raise NotFound(f"Tercet has no document {params.uri}.")
    proposal = await ls.session.ask(lambda daemon: daemon.proposal(named[1]))
    return types.TextDocumentContentResult(text=_document(proposal))


def _document(proposal: Proposal) -> str:
    """A unified diff may begin with lines that are none of it."""
    return f"{proposal.title} ({standing(proposal.evidence)})\n\n{proposal.diff}"

"""The `documentation` proposer: docstring skeletons for the target's public definitions that have none."""

import asyncio
from collections.abc import AsyncIterator

from tercet_shared.edits import ChangeSet
from tercet_shared.errors import NotFound, TooLarge, Unsupported
from tercet_shared.proposals import Candidate
from tercet_shared.runs import Intent, Progress, Target

from tercet_server.edits import file_edit
from tercet_server.ports import ProposerTask, ReportProgress
from tercet_server.proposers.documentation.writing import Definition, documented


class DocumentationProposer:
    """Serves the intent `document` for Python without a model. What it offers is the same code but for docstrings."""

    name = "documentation"
    cost = 6
    intents = frozenset({Intent.DOCUMENT})

    async def propose(self, task: ProposerTask, progress: ReportProgress) -> AsyncIterator[Candidate]:
        """At most one candidate, for the target's file."""
        path = task.target.path or next(iter(task.step.files), None)
        if path is None or not path.endswith(".py"):
            return
        await progress(Progress(message=f"Reading {path}"))
        try:
            text = await task.copy.read_text(path)
            changed, names = await asyncio.to_thread(documented, text, _Wanted(task.target))
        except (NotFound, TooLarge, Unsupported, SyntaxError, ValueError, RecursionError, MemoryError):
            return
        if names:
            shown = ", ".join(names[:3]) + (f" and {len(names) - 3} more" if len(names) > 3 else "")
            edit = file_edit(path, text, changed)
            yield Candidate(
                proposer=self.name, title=f"document {shown}", change_set=ChangeSet(files=[edit]), prior=0.3
            )


class _Wanted:
    """Chooses by the target's symbol or range; without either, everything."""

    def __init__(self, target: Target) -> None:
        self._symbol = target.symbol
        self._range = target.range if target.path else None

    def __call__(self, name: str, node: Definition) -> bool:
        if self._symbol:
            return name == self._symbol or name.startswith(f"{self._symbol}.")
        if self._range is None:
            return True
        first, last = self._range.start.line, self._range.end.line
        return node.lineno - 1 <= last and first <= (node.end_lineno or node.lineno) - 1

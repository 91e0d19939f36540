"""Explains a piece of code: by what the index knows of it, and in a model's words where one may be asked. Runs nothing."""

import asyncio
import logging
from dataclasses import dataclass

from tercet_shared.context import MAX_NAME, MAX_WORDS, ImpactAnswer, IndexState, Outline, Symbol
from tercet_shared.edits import Range
from tercet_shared.errors import InvalidRequest, NotFound, TercetError
from tercet_shared.runs import Progress, Run

from tercet_server.agents import explanation
from tercet_server.ports import (
    Account,
    CodeBase,
    CodePlace,
    Duty,
    Message,
    Model,
    ModelRequest,
    ReportProgress,
    Speaker,
    ask,
)
from tercet_server.prompts import fenced, is_confidential, render

LOG = logging.getLogger(__name__)

MOST_AFFECTED = 100
MOST_HITS = 10
SIMILAR_NAMED = 5
CODE_TOKENS = 8_000
MOST_OUTPUT_TOKENS = 2_048
LONGEST_ANSWER_S = 120.0
INDEX_SHARE = 0.5
"""Of the time left, how long the index is waited for."""

INDEX_PAUSE_S = 0.1


@dataclass(frozen=True)
class Question:
    """What is to be explained, and who pays for a model's words; nobody: the index answers alone."""

    run: Run
    account: Account | None
    deadline_s: float


@dataclass(frozen=True)
class _Known:
    """What the index says, and the words by which the code itself is found for a model."""

    markdown: str
    words: str


class Explainer:
    """Answers from the index in any case; a model only adds to it."""

    def __init__(self, code: CodeBase, model: Model | None = None) -> None:
        self._code = code
        self._model = model

    async def explain(self, question: Question, progress: ReportProgress) -> str:
        """Markdown. Raises InvalidRequest where nothing is named, NotFound where nothing of that name is there."""
        await self._until_indexed(question, progress)
        known = await self._known(question.run)
        if self._model is None or question.account is None:
            return known.markdown
        await progress(Progress(message="asking a model for an explanation"))
        try:
            words = await self._in_words(self._model, question, question.account, known)
        except TercetError as error:
            return f"{known.markdown}\n\n*No model added to this: {error.sentence}*"
        return f"{words.strip()}\n\n{known.markdown}"

    # -- what the index knows -------------------------------------------------------------------------------------

    async def _until_indexed(self, question: Question, progress: ReportProgress) -> None:
        """Waits for the index for a share of the time; what is there by then is used."""
        loop = asyncio.get_running_loop()
        ends = loop.time() + question.deadline_s * INDEX_SHARE
        while loop.time() < ends:
            status = await self._code.status(question.run.workspace_id)
            if status.state is not IndexState.BUILDING:
                return
            done, total = status.coverage.files_done, status.coverage.files_total
            far = f": {done} of {total} files" if total else ""
            await progress(Progress(message=f"reading the code{far}"))
            await asyncio.sleep(INDEX_PAUSE_S)

    async def _known(self, run: Run) -> _Known:
        target = run.target
        if target.symbol:
            return await self._of_symbol(run, await self._named(run, target.symbol, target.path))
        if target.path and target.range:
            symbol = await self._at(run, target.path, target.range)
            return await (self._of_symbol(run, symbol) if symbol.name else self._of_file(run, target.path))
        if target.path:
            return await self._of_file(run, target.path)
        if run.instructions.strip():
            return await self._of_words(run)
        raise InvalidRequest("Say what is to be explained: a file, FILE:LINE, the name of a definition, or a question.")

    async def _named(self, run: Run, name: str, path: str | None) -> Symbol:
        found = (await self._code.symbols(run.workspace_id, name[:MAX_NAME], MOST_HITS)).symbols
        here = [each for each in found if path is None or each.path == path]
        exact = [each for each in here if each.name == name or each.name.endswith(f".{name}")]
        if exact:
            return exact[0]
        similar = ", ".join(f"{each.name} in {each.path}" for each in found[:SIMILAR_NAMED])
        where = f" in {path}" if path else " in this workspace"
        raise NotFound(
            f"Nothing called {name!r} is defined{where}."
            + (f" Similar: {similar}." if similar else " Name a file (FILE or FILE:LINE), or ask in words."),
        )

    async def _at(self, run: Run, path: str, span: Range) -> Symbol:
        """What the name at the place means; where none is pointed at, the innermost definition around; else the file."""
        place = CodePlace(run.workspace_id, path, span.start.line, span.start.character, run.client_id)
        if span.start.line == span.end.line:
            meant = await self._code.definition(place)
            if meant.definitions:
                return meant.definitions[0]
        return (await self._code.impact(place, 1)).changed[0]

    async def _of_symbol(self, run: Run, symbol: Symbol) -> _Known:
        start = symbol.name_range.start
        impact = await self._code.impact(_place(run, symbol.path, start.line, start.character), MOST_AFFECTED)
        outline = await self._code.outline(run.workspace_id, symbol.path, run.client_id)
        within = [each for each in outline.symbols if _is_member(each, symbol)]
        text = explanation.of_symbol(symbol, within, impact.affected, impact.tests)
        return _Known(_noted(text, impact), f"{symbol.name} {symbol.path} {run.instructions}")

    async def _of_file(self, run: Run, path: str) -> _Known:
        outline = await self._code.outline(run.workspace_id, path, run.client_id)
        line = _line_outside(outline)
        if line is None:  # a single definition fills the file, and stands for it
            return await self._of_symbol(run, outline.symbols[0])
        impact = await self._code.impact(_place(run, path, line, 0), MOST_AFFECTED)
        text = explanation.of_file(outline, impact.affected, impact.tests)
        return _Known(_noted(text, impact), f"{path} {run.instructions}")

    async def _of_words(self, run: Run) -> _Known:
        words = run.instructions.strip()[:MAX_WORDS]
        found = await self._code.search(run.workspace_id, words, MOST_HITS)
        text = explanation.of_words(words, found)
        if not text:
            raise NotFound(
                "No code of this workspace is about these words. Use words that stand in it, or name a file."
            )
        note = explanation.note_of(found.coverage)
        return _Known(f"{text}\n\n{note}".strip(), words)

    # -- a model's words ------------------------------------------------------------------------------------------

    async def _in_words(self, model: Model, question: Question, account: Account, known: _Known) -> str:
        run = question.run
        section = await self._code.section(run.workspace_id, known.words[:MAX_WORDS], CODE_TOKENS, run.client_id)
        secret = any(is_confidential(each.path) for each in section.files)
        code = fenced("code", section.text) if section.text and not secret else "None can be shown."

        def written() -> tuple[Message, ...]:
            asked = run.instructions.strip() or "What does it do, how, and what must one know before changing it?"
            known_data = fenced("index", known.markdown, holds="what the index knows")
            text = render("explain_request", question=asked, known=known_data, code=code)
            return Message(Speaker.SYSTEM, render("explain_system")), Message(Speaker.USER, text)

        request = ModelRequest(
            await asyncio.to_thread(written),
            Duty.PLANNER,
            account,
            most_output_tokens=MOST_OUTPUT_TOKENS,
            deadline_s=min(LONGEST_ANSWER_S, question.deadline_s * (1 - INDEX_SHARE)),
        )
        return (await ask(model, request)).text


def _place(run: Run, path: str, line: int, character: int) -> CodePlace:
    return CodePlace(run.workspace_id, path, line, character, run.client_id)


def _is_member(each: Symbol, around: Symbol) -> bool:
    scope, _, _ = each.name.rpartition(".")
    first, last = around.range.start.line, around.range.end.line
    return scope == around.name and first <= each.range.start.line <= last


def _line_outside(outline: Outline) -> int | None:
    """A line of the file that stands in no definition: there the index speaks of the file as a whole.

    None if the first line belongs to one: the end is of no use, for a file need not have a line after its last definition.
    """
    covered = {line for each in outline.symbols for line in range(each.range.start.line, each.range.end.line)}
    last = max(covered, default=0)
    return next((line for line in range(last + 1) if line not in covered), None)


def _noted(text: str, impact: ImpactAnswer) -> str:
    return f"{text}\n\n{explanation.note_of(impact.coverage)}".strip()

"""Says what a request in free text would be a run of: its intent by the person, a model or a rule, its target by looking names up.

Nothing is started here. The intent follows from the person's words alone: no text of the project is read for it.
"""

from collections.abc import Collection
from dataclasses import dataclass, replace

from tercet_shared.errors import InvalidRequest, TercetError, Unsupported
from tercet_shared.free_text import FreeText, Understood, UnderstoodBy, about
from tercet_shared.runs import Intent, Target
from tercet_shared.workspaces import Workspace

from tercet_server.agents import IntentModel, Named, Reading, read_words
from tercet_server.ports import Account
from tercet_server.runs.places import Found, Looking, Places

BY_TESTS = frozenset({Intent.FIX, Intent.REVIEW})
"""Intents for which a test file means the tests in it, and not its text."""

PLACES_TO_CREATE = frozenset({Intent.IMPLEMENT})
"""Intents whose words may name what is only to be written."""

SHOWN = 5
"""Places in a sentence."""

HOW_TO_SAY_IT = (
    "Without a language model Tercet knows a request by the verb that it begins with (fix, test, document, review, explain, "
    "secure), and what it names: `fix tests/test_cart.py`, `explain Cart.total`. Say it so, choose the kind of request yourself, "
    "or configure a model: docs/models.md says how."
)


@dataclass(frozen=True)
class _Sense:
    """What the words mean so far."""

    intent: Intent
    by: UnderstoodBy
    because: str
    named: tuple[Named, ...]
    notes: tuple[str, ...] = ()
    cost_usd: float = 0.0


class Understanding:
    """One for all clients. Without a model the rule decides alone."""

    def __init__(self, places: Places, model: IntentModel | None = None) -> None:
        self._places = places
        self._model = model

    async def understand(
        self, asked: FreeText, workspace: Workspace, account: Account | None, possible: Collection[Intent]
    ) -> Understood:
        """`account` is None where no model may be asked; `possible` are the intents that something here serves.

        Raises Unsupported for what cannot be understood or done without a model, InvalidRequest for what names nothing there is.
        """
        if not asked.words.strip():
            raise InvalidRequest(f"Say what is to be done. {HOW_TO_SAY_IT}")
        reading = read_words(asked.words)
        sense = await self._sense(asked, reading, account)
        if sense.intent not in possible:
            raise Unsupported(
                f"This asks to {sense.intent} ({sense.because.rstrip('.')}), and nothing is set up here that can: it takes a"
                f" language model. Without one: {', '.join(each for each in Intent if each in possible)}."
                " docs/models.md says how to add one."
            )
        base = reading.base if sense.intent is Intent.REVIEW else None
        sense = replace(sense, named=tuple(each for each in sense.named if base is None or each.text != base))
        looking = Looking(workspace, asked.client_id, by_tests=sense.intent in BY_TESTS)
        found = await self._places.find(looking, sense.named)
        target, notes = _target(asked, sense, found)
        if base is not None:
            notes += ["What has changed is looked at in one file or in all, not in a folder."] if target.tests else []
            target = Target(base=base, path=target.path if sense.named else None)
        return Understood(
            intent=sense.intent,
            target=target,
            instructions=asked.words.strip(),
            by=sense.by,
            because=sense.because,
            notes=[*sense.notes, *notes],
            cost_usd=sense.cost_usd,
        )

    async def _sense(self, asked: FreeText, reading: Reading, account: Account | None) -> _Sense:
        if asked.intent is not None:
            return _Sense(asked.intent, UnderstoodBy.PERSON, "You chose it.", reading.named)
        why_not = ""
        if self._model is not None and account is not None and not reading.is_plain:
            try:
                return await self._by_model(self._model, asked, reading, account)
            except TercetError as error:
                why_not = f"No model was of help: {error.sentence}"
        if reading.intent is None:
            raise Unsupported(f"{why_not} {HOW_TO_SAY_IT}".strip())
        notes = (why_not,) if why_not else ()
        return _Sense(reading.intent, UnderstoodBy.RULE, reading.because, reading.named, notes)

    async def _by_model(self, model: IntentModel, asked: FreeText, reading: Reading, account: Account) -> _Sense:
        sorted_ = await model.sort(asked.words, account)
        known = {each.text for each in reading.named}
        more = [read_words(f"`{each}`").named for each in sorted_.about if each not in known]
        named = (*reading.named, *(each for one in more for each in one))
        return _Sense(sorted_.intent, UnderstoodBy.MODEL, sorted_.reason, named, cost_usd=sorted_.cost_usd)


def _target(asked: FreeText, sense: _Sense, found: Found) -> tuple[Target, list[str]]:
    """One target, and what else there is to know. Raises InvalidRequest where a wrong guess would make it the whole workspace."""
    tests = [test for each in found.targets for test in each.tests]
    places = list({each.model_dump_json(): each for each in found.targets if not each.tests}.values())
    within = [each for each in places if each.symbol or each.range]  # `total in cart.py` is one place, not two
    places = [each for each in places if each in within or each.path not in {one.path for one in within}]
    if tests and not places:
        return Target(tests=list(dict.fromkeys(tests))), [*found.doubtful]
    if len(places) == 1:
        return places[0].model_copy(update={"tests": tests}), [*found.doubtful]
    if len(places) > 1:
        several = f"Several places are named ({'; '.join(about(each) for each in places[:SHOWN])})"
        if not _is_by_words(sense):
            raise InvalidRequest(f"{several}: name one of them.")
        if tests:
            return Target(tests=list(dict.fromkeys(tests))), [f"{several}, so it is about the tests.", *found.doubtful]
        return Target(), [f"{several}, so it is about the whole workspace.", *found.doubtful]
    doubts = [*found.doubtful, *found.missing]
    if doubts and not _is_by_words(sense):
        raise InvalidRequest(" ".join(doubts))
    return asked.target, [] if sense.intent in PLACES_TO_CREATE else doubts


def _is_by_words(sense: _Sense) -> bool:
    """Who works on it reads all the words again, and answers a question by them; a rule would take them for nothing."""
    return sense.by is UnderstoodBy.MODEL or sense.intent in PLACES_TO_CREATE or sense.intent is Intent.EXPLAIN

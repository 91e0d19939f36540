"""Has a model sort a request in free text: its intent, and which of its words name what it is about.

The model is shown the person's words and nothing of the project, so that no text of a project can choose an intent.
"""

import asyncio
from dataclasses import dataclass
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field
from tercet_shared.errors import DeadlineExceeded
from tercet_shared.runs import Intent

from tercet_server.agents.structured import structured
from tercet_server.ports import Account, Duty, Message, Model, ModelRequest, Speaker
from tercet_server.prompts import fenced, render

LONGEST_ANSWER_S = 20.0
"""All attempts together: somebody waits for it."""

MOST_OUTPUT_TOKENS = 512
MOST_SHOWN = 6000
"""Characters of the words: what is asked for stands at the beginning, what follows is most often a log."""


class SortingForm(BaseModel):
    """What a model answers."""

    model_config = ConfigDict(frozen=True)

    intent: Intent
    about: list[Annotated[str, Field(min_length=1, max_length=300)]] = Field(default=[], max_length=5)
    reason: str = Field(min_length=1, max_length=300)


@dataclass(frozen=True)
class Sorted:
    """`about`: excerpts of the words, and nothing else."""

    intent: Intent
    about: tuple[str, ...]
    reason: str
    cost_usd: float


class IntentModel:
    """A model with the duty of a planner."""

    def __init__(self, model: Model) -> None:
        self._model = model

    async def sort(self, words: str, account: Account) -> Sorted:
        """Raises what the model raises, and DeadlineExceeded."""
        system, text = await asyncio.to_thread(_texts, words[:MOST_SHOWN])
        request = ModelRequest(
            (Message(Speaker.SYSTEM, system), Message(Speaker.USER, text)),
            Duty.PLANNER,
            account,
            most_output_tokens=min(MOST_OUTPUT_TOKENS, account.allowance.output_tokens),
            deadline_s=LONGEST_ANSWER_S,
        )
        try:
            async with asyncio.timeout(LONGEST_ANSWER_S):
                form, usage = await structured(self._model, request, SortingForm, repairs=1)
        except TimeoutError as error:
            raise DeadlineExceeded(f"No model said within {LONGEST_ANSWER_S:.0f} s what is asked for.") from error
        about = tuple(each for each in form.about if each in words)
        return Sorted(form.intent, about, form.reason, usage.cost_usd)


def _texts(words: str) -> tuple[str, str]:
    return render("intent_system"), fenced("request", words)

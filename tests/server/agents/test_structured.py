"""Answers of an agreed form: validated, repaired a bounded number of times, or an error."""

import pytest
from pydantic import BaseModel
from tercet_server.agents.structured import structured
from tercet_server.ports import Usage
from tercet_shared.errors import ModelFailed

from tests.doubles.scripted_model import ScriptedModel, asked


class Step(BaseModel):
    title: str
    files: list[str]


GOOD = '{"title": "add", "files": ["a.py"]}'


@pytest.mark.parametrize("text", [GOOD, f"Sure!\n```json\n{GOOD}\n```\nAnything else?"])
async def test_a_right_answer_is_taken_however_it_is_wrapped(text: str):
    step, usage = await structured(ScriptedModel(text), asked(), Step)
    assert (step, usage) == (Step(title="add", files=["a.py"]), Usage(10, 5, 0, 0.01))


async def test_the_model_is_told_what_is_wrong():
    model = ScriptedModel('{"title": 3}', "no JSON at all", GOOD)
    step, usage = await structured(model, asked(), Step)
    assert (step.title, usage.input_tokens) == ("add", 30)
    assert "title: Input should be a valid string; files: Field required" in model.requests[1].messages[-1].text
    assert model.requests[0].schema is not None


async def test_it_ends_with_a_sentence():
    with pytest.raises(ModelFailed, match="in 3 attempts: files: Field required"):
        await structured(ScriptedModel(*['{"title": "x"}'] * 3), asked(), Step)

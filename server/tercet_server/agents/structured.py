"""An answer as a pydantic model instead of text: asks, validates, and tells the model what is wrong, a bounded number of times."""

import json
from dataclasses import replace
from typing import TypeVar

from pydantic import BaseModel, ValidationError
from tercet_shared.errors import ModelFailed

from tercet_server.ports import Message, Model, ModelRequest, Speaker, Usage, ask

Shape = TypeVar("Shape", bound=BaseModel)

FAULTS_NAMED = 8
"""Of an answer's faults, those that the model is told at once."""


async def structured(model: Model, request: ModelRequest, shape: type[Shape], repairs: int = 2) -> tuple[Shape, Usage]:
    """The answer, and what all attempts together used. Raises ModelFailed once `repairs` further attempts are wrong too."""
    schema = shape.model_json_schema()
    told = Message(
        Speaker.USER,
        f"Answer with one JSON object and nothing else. It must follow this JSON Schema:\n{json.dumps(schema)}",
    )
    request = replace(request, schema=schema).with_messages(told)
    usage, fault = Usage(), ""
    for _ in range(1 + repairs):
        reply = await ask(model, request)
        usage += reply.usage
        try:
            return shape.model_validate_json(_json_of(reply.text)), usage
        except ValidationError as error:
            fault = _faults(error)
        request = request.with_messages(
            Message(Speaker.ASSISTANT, reply.text),
            Message(
                Speaker.USER, f"That does not follow the schema: {fault}. Answer with the corrected JSON object alone."
            ),
        )
    raise ModelFailed(f"{model.name} did not give an answer of the agreed form in {1 + repairs} attempts: {fault}.")


def _json_of(text: str) -> str:
    """From the first brace to the last: models like to wrap JSON in fences and pleasantries."""
    start, end = text.find("{"), text.rfind("}")
    return text[start : end + 1] if 0 <= start < end else text


def _faults(error: ValidationError) -> str:
    faults = error.errors(include_url=False, include_input=False)
    named = [f"{'.'.join(str(part) for part in each['loc']) or 'the answer'}: {each['msg']}" for each in faults]
    return "; ".join(named[:FAULTS_NAMED])

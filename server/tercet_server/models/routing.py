"""Chooses the models by what is asked for: planner, coder and critique each have a list of their own. Data decides."""

from collections.abc import AsyncGenerator, Mapping
from contextlib import aclosing

from tercet_shared.errors import NoModel

from tercet_server.ports import Delta, Duty, Model, ModelRequest, Reply


class RoutedModel:
    """Hands every request to the model of its duty."""

    name = "routed"

    def __init__(self, by_duty: Mapping[Duty, Model]) -> None:
        self._by_duty = by_duty

    async def stream(self, request: ModelRequest) -> AsyncGenerator[Delta | Reply, None]:
        """See `ports.Model`. Raises NoModel for a duty without a model."""
        model = self._by_duty.get(request.duty)
        if model is None:
            raise NoModel(f"No model is configured as {request.duty}: set models.{request.duty} or models.coder.")
        async with aclosing(model.stream(request)) as stream:
            async for item in stream:
                yield item

"""The file under repair, as the mutation operators see it."""

from dataclasses import dataclass
from typing import Self

from tercet_server.proposers.repair.ingredients import Ingredients
from tercet_server.proposers.repair.module import Module
from tercet_server.proposers.repair.scope import Scope


@dataclass(frozen=True)
class Subject:
    module: Module
    scope: Scope
    ingredients: Ingredients

    @classmethod
    def of(cls, text: str) -> Self:
        """Raises what `Module` raises for text that cannot be parsed."""
        module = Module(text)
        return cls(module, Scope(module), Ingredients(module))

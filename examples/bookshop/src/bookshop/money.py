"""Amounts of money in whole cents: no rounding error ever reaches an invoice."""

import re
from dataclasses import dataclass


@dataclass(frozen=True, order=True)
class Money:
    cents: int

    @classmethod
    def parse(cls, text: str) -> "Money":
        """Reads "12.50" or "3"; refuses anything else."""
        match = re.fullmatch(r"(\d+)(?:\.(\d\d))?", text.strip())
        if match is None:
            raise ValueError(f"not an amount of money: {text!r}")
        return cls(int(match[1]) * 100 + int(match[2] or 0))

    def __add__(self, other: "Money") -> "Money":
        return Money(self.cents + other.cents)

    def __sub__(self, other: "Money") -> "Money":
        return Money(self.cents - other.cents)

    def times(self, count: int) -> "Money":
        return Money(self.cents * count)

    def percent(self, rate: int) -> "Money":
        """`rate` percent of this amount, half a cent rounded up."""
        return Money((self.cents * rate + 50) // 100)

    def __str__(self) -> str:
        return f"{self.cents // 100}.{self.cents % 100:02d}"


ZERO = Money(0)

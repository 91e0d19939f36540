"""The one shape in which every benchmark reports: JSON for machines, a table with the goals marked for people."""

import json
import os
import platform
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

Number = float | int | None
Goal = tuple[str, float]
"""(">=" or "<=", the value to reach)."""


@dataclass(frozen=True)
class Report:
    """`metrics` are named `what_unit_statistic`; None is a metric that could not be measured (`notes` says why)."""

    benchmark: str
    metrics: Mapping[str, Number]
    peers: Mapping[str, Mapping[str, Number]] = field(default_factory=dict)
    goals: Mapping[str, Goal] = field(default_factory=dict)
    notes: Mapping[str, Any] = field(default_factory=dict)

    def as_json(self) -> str:
        return json.dumps({**asdict(self), "environment": environment()}, indent=2, ensure_ascii=False)

    def as_table(self) -> str:
        peers = list(self.peers)
        rows = [["metric", "tercet", *peers, "goal", ""]]
        for name in dict.fromkeys([*self.metrics, *(each for peer in self.peers.values() for each in peer)]):
            goal = self.goals.get(name)
            value = self.metrics.get(name)
            mark = "" if goal is None else ("met" if meets(value, goal) else "MISSED")
            shown = "" if goal is None else f"{goal[0]} {goal[1]:g}"
            rows.append([name, _shown(value), *(_shown(self.peers[peer].get(name)) for peer in peers), shown, mark])
        widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
        return "\n".join("  ".join(f"{cell:<{width}}" for cell, width in zip(row, widths, strict=True)) for row in rows)

    def emit(self, *, as_json: bool) -> None:
        print(self.as_json() if as_json else self.as_table())


def meets(value: Number, goal: Goal) -> bool:
    comparison, wanted = goal
    if value is None:
        return False
    return value >= wanted if comparison == ">=" else value <= wanted


def say(message: str) -> None:
    """Progress, beside the result."""
    print(message, file=sys.stderr, flush=True)


def environment() -> dict[str, Any]:
    """What the figures depend on."""
    return {
        "python": platform.python_version(),
        "platform": platform.platform(),
        "processors": os.cpu_count(),
        "load_average": os.getloadavg()[0] if hasattr(os, "getloadavg") else None,
        "commit": _commit(),
    }


def _commit() -> str | None:
    command = ["git", "-C", str(Path(__file__).parent), "rev-parse", "--short", "HEAD"]
    try:
        return subprocess.run(command, capture_output=True, text=True, check=True, timeout=10).stdout.strip()
    except (OSError, subprocess.SubprocessError):
        return None


def _shown(value: Number) -> str:
    return "-" if value is None else f"{value:,.1f}" if isinstance(value, float) else f"{value:,}"

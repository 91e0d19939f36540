"""Runs: durable workflows from a request to a proposal, and what becomes of the proposal. No HTTP, no LSP."""

from tercet_server.runs.applier import Applier
from tercet_server.runs.clock import SystemClock
from tercet_server.runs.findings import FindingBoard
from tercet_server.runs.hub import EventHub, Subscription
from tercet_server.runs.learning import Learning
from tercet_server.runs.parts import RunParts
from tercet_server.runs.places import Places
from tercet_server.runs.service import RunService
from tercet_server.runs.understanding import Understanding

__all__ = [
    "Applier",
    "EventHub",
    "FindingBoard",
    "Learning",
    "Places",
    "RunParts",
    "RunService",
    "Subscription",
    "SystemClock",
    "Understanding",
]

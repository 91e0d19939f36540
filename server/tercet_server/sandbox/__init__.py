"""Runs project code: no network, no secrets, limits, the whole process tree reaped. One port, the back end chosen at start."""

from tercet_server.sandbox.choosing import BackendStatus, choose, survey
from tercet_server.sandbox.service import SandboxService

__all__ = ["BackendStatus", "SandboxService", "choose", "survey"]

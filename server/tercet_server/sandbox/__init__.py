"""Runs project code: no network, no secrets, limits, the whole process tree reaped. One port, the back end chosen at start."""

from tercet_server.sandbox.choosing import BackendStatus, choose, survey

__all__ = ["BackendStatus", "choose", "survey"]

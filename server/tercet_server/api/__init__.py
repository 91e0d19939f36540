"""The daemon's HTTP API: one module a resource, the guard before them, and the one mapping of errors to problems."""

from tercet_server.api.application import build_api
from tercet_server.api.daemon_state import DaemonState
from tercet_server.api.guard import Access
from tercet_server.api.services import Services

__all__ = ["Access", "DaemonState", "Services", "build_api"]

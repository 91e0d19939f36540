"""Attacks on a sandbox, to see what it keeps in: for `tercet sandbox test`, the tests, and the table in docs/security.md."""

from tercet_server.sandbox.hostile.attacks import ATTACKS, Attack
from tercet_server.sandbox.hostile.orphans import DAEMON_KILLED, orphaned
from tercet_server.sandbox.hostile.trial import NAMES, Outcome, attempt, attempt_all, possible

__all__ = ["ATTACKS", "DAEMON_KILLED", "NAMES", "Attack", "Outcome", "attempt", "attempt_all", "orphaned", "possible"]

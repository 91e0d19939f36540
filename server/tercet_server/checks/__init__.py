"""The checks that prove a change set: syntax, lint and tests."""

from tercet_server.checks.pytest import PytestSession, PytestTests

__all__ = ["PytestSession", "PytestTests"]

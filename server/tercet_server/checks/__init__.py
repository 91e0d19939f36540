"""The checks that prove a change set: syntax, lint and tests."""

from tercet_server.checks.pytest import PytestSession, PytestTests
from tercet_server.checks.runner import CheckRunner
from tercet_server.checks.tests import WorkspaceTests

__all__ = ["CheckRunner", "PytestSession", "PytestTests", "WorkspaceTests"]

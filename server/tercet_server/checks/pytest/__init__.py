"""pytest in the sandbox: warm workers that run tests on the copy, or on variants of it held in memory."""

from tercet_server.checks.pytest.session import PytestSession, PytestTests

__all__ = ["PytestSession", "PytestTests"]

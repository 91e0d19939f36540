"""The test runners of languages other than Python: what they are called with, and what they say."""

from tercet_server.checks.suites.choosing import cache_of, suites_of
from tercet_server.checks.suites.compiled import Compiled, compiled_for
from tercet_server.checks.suites.golang import GoSuite
from tercet_server.checks.suites.session import Bench, SuiteSession
from tercet_server.checks.suites.suite import Suite

__all__ = ["Bench", "Compiled", "GoSuite", "Suite", "SuiteSession", "cache_of", "compiled_for", "suites_of"]

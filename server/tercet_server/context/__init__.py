"""Where to look in a code base: suspicious lines, and the tests that a change is likely to affect."""

from tercet_server.context.python import PythonContext

__all__ = ["PythonContext"]

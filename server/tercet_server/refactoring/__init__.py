"""Changes of Python code that provably leave what it does alone: extract variable, extract function, inline variable.

From one text and a range to edits. Reads no file, runs nothing, knows no other text; what cannot be shown is not offered.
"""

from tercet_server.refactoring.refactorings import refactorings

__all__ = ["refactorings"]

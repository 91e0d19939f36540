"""Finds out by running it what the code of a module does: calls, what comes of them, and which mutants each call tells apart.

Part of the driver: runs in the workspace's interpreter, inside the sandbox, and knows nothing of tests that are kept.
"""

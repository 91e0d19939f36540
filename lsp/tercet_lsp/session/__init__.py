"""The session with the daemon: its folders, documents and what is known of findings, runs and proposals.

Knows nothing of the Language Server Protocol. `link` and `daemon` need pydantic and httpx and are imported late.
"""

"""Serves the protocol on standard input and output until the editor goes."""

import sys

import acp
from acp.core import AgentSideConnection

from tercet_server.cli.acp.agent import TercetAgent
from tercet_server.cli.acp.transport import LONGEST_LINE, Lines
from tercet_server.cli.exits import Exit


async def serve() -> Exit:
    """Returns when standard input ends. Runs that are under way go on in the daemon."""
    reader, writer = await acp.stdio_streams(limit=LONGEST_LINE)
    sys.stdout = sys.stderr  # the protocol has standard output for itself, and closes it
    agent: acp.Agent = TercetAgent()  # type: ignore[assignment]  # what is optional in the protocol is left out
    connection = AgentSideConnection(agent, Lines(reader, writer), listening=False)
    try:
        await connection.listen()
    finally:
        await connection.close()
    return Exit.OK

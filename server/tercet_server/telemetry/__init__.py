"""What the daemon records about itself."""

from tercet_server.telemetry.logs import LogFile

__all__ = ["LogFile"]

"""Where everything is wired together, and the life of the daemon's process. Nothing below imports this."""

from tercet_server.app.wiring import create_app

__all__ = ["create_app"]

"""The back end with containers: a Docker engine on this machine. Imported when it is chosen: its library is heavy."""

from tercet_server.sandbox.docker.engine import Engine
from tercet_server.sandbox.docker.images import HOST, RUNTIMES, Images
from tercet_server.sandbox.docker.sandbox import DockerSandbox, connect

__all__ = ["HOST", "RUNTIMES", "DockerSandbox", "Engine", "Images", "connect"]

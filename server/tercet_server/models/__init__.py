"""Language models behind the port: litellm is imported here alone, on first use. Knows no run, prompt or edit."""

from tercet_server.models.gateway import Gateway, ModelStatus, open_gateway

__all__ = ["Gateway", "ModelStatus", "open_gateway"]

"""Users' folders: registered, trusted or not, copied for proof, and written to. Runs nothing of them."""

from tercet_server.workspace.service import WorkspaceService

__all__ = ["WorkspaceService"]

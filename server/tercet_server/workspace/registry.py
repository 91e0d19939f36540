"""Which folders are workspaces, the editors' choices for them, and whether the user trusts them. Outlives the daemon.

Trust is kept by the resolved root and asked once: a "no" is an answer too. Nothing is trusted by default.
"""

import os
from dataclasses import dataclass
from pathlib import Path

from tercet_shared.errors import InvalidRequest, NotFound
from tercet_shared.ids import WorkspaceId, workspace_id
from tercet_shared.workspaces import Trust, WorkspaceRequest

from tercet_server.workspace.paths import must_exist
from tercet_server.workspace.state_file import StateFile


@dataclass(frozen=True)
class Registration:
    id: WorkspaceId
    root: Path
    interpreter: str | None
    """The editor's choice."""
    trust: Trust


class Registry:
    """Blocks on files: for use in threads, by one at a time."""

    def __init__(self, state_dir: Path) -> None:
        self._trust_file = StateFile(state_dir / "trust.json")
        self._roots_file = StateFile(state_dir / "workspaces.json")
        self._trust: dict[str, dict[str, str]] | None = None
        self._roots: dict[str, dict[str, str]] = {}
        self.problems: list[str] = []

    def register(self, request: WorkspaceRequest) -> Registration:
        """Raises InvalidRequest, WorkspaceGone, DiskFull, NotWritable."""
        self._load()
        root = resolved_root(request.root)
        identifier = workspace_id(root)
        row = {"root": str(root)}
        if interpreter := request.interpreter or self._roots.get(identifier, {}).get("interpreter"):
            row["interpreter"] = interpreter
        if self._roots.get(identifier) != row:
            self._roots_file.write(self._roots | {identifier: row})
            self._roots[identifier] = row
        if request.trust is not None and request.trust is not Trust.UNKNOWN:
            self.set_trust(root, request.trust)
        return self.get(identifier)

    def get(self, identifier: WorkspaceId) -> Registration:
        """Raises NotFound."""
        self._load()
        row = self._roots.get(identifier)
        if row is None or "root" not in row:
            raise NotFound(f"There is no workspace {identifier}; open its folder in an editor or register it first.")
        root = Path(row["root"])
        return Registration(identifier, root, row.get("interpreter"), self._trust_of(root))

    def all(self) -> list[Registration]:
        self._load()
        return [self.get(WorkspaceId(identifier)) for identifier, row in self._roots.items() if "root" in row]

    def set_trust(self, root: Path, trust: Trust) -> None:
        """Raises DiskFull, NotWritable."""
        table = self._load()
        if self._trust_of(root) is not trust:
            self._trust_file.write(table | {str(root): {"trust": trust.value}})
            table[str(root)] = {"trust": trust.value}

    def _trust_of(self, root: Path) -> Trust:
        answer = self._load().get(str(root), {}).get("trust")
        return Trust(answer) if answer in (Trust.TRUSTED, Trust.UNTRUSTED) else Trust.UNKNOWN

    def _load(self) -> dict[str, dict[str, str]]:
        """Reads both files on first use; returns the trust table."""
        if self._trust is None:
            self._trust, trust_problem = self._trust_file.read()
            self._roots, roots_problem = self._roots_file.read()
            self.problems = [problem for problem in (trust_problem, roots_problem) if problem]
        return self._trust


def resolved_root(root: str) -> Path:
    """Raises InvalidRequest for what can be no workspace, WorkspaceGone for no folder."""
    path = Path(root)
    if "\x00" in root or not path.is_absolute():
        raise InvalidRequest(f"A workspace is named by its absolute path, which {root!r} is not.", root=root)
    path = Path(os.path.realpath(path))
    if path == Path(path.anchor):
        raise InvalidRequest(f"{path} is the whole file system; open a project's folder as the workspace.", root=root)
    must_exist(path)
    return path

"""The index of a workspace: its files, definitions, references, words and history, in one SQLite file that may be deleted any time.

Importing it loads numpy and sqlite-utils, so whoever needs it imports it on use, never when the daemon starts.
"""

from tercet_server.context.digesting.inversion import FIELDS
from tercet_server.context.index.corpus import Postings
from tercet_server.context.index.edges import Edges
from tercet_server.context.index.history import EMPTY as NO_HISTORY
from tercet_server.context.index.history import Commit, History
from tercet_server.context.index.records import IndexedFile, IndexStatus, Located, Progress, Use
from tercet_server.context.index.snapshot import Snapshot
from tercet_server.context.index.watching import watch
from tercet_server.context.index.workspace_index import WorkspaceIndex

__all__ = [
    "FIELDS",
    "NO_HISTORY",
    "Commit",
    "Edges",
    "History",
    "IndexStatus",
    "IndexedFile",
    "Located",
    "Postings",
    "Progress",
    "Snapshot",
    "Use",
    "WorkspaceIndex",
    "watch",
]

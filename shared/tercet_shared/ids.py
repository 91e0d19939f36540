"""Typed identifiers of everything that is named on a wire. Standard library only: imported on hot start-up paths."""

import hashlib
import secrets
import time
from pathlib import Path
from typing import NewType

RunId = NewType("RunId", str)
WorkspaceId = NewType("WorkspaceId", str)
ProposalId = NewType("ProposalId", str)
ClaimId = NewType("ClaimId", str)
ClientId = NewType("ClientId", str)
FindingId = NewType("FindingId", str)

_ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"
"""Crockford's base 32: no letter is mistaken for a digit when a person types an identifier."""


def _base32(number: int, digits: int) -> str:
    letters = []
    for _ in range(digits):
        number, remainder = divmod(number, 32)
        letters.append(_ALPHABET[remainder])
    return "".join(reversed(letters))


def _sortable(prefix: str) -> str:
    """A short identifier that sorts by creation time (milliseconds) and is unguessable enough not to collide."""
    return f"{prefix}{_base32(time.time_ns() // 1_000_000, 9)}{_base32(secrets.randbits(25), 5)}"


def new_run_id() -> RunId:
    return RunId(_sortable("r"))


def new_proposal_id() -> ProposalId:
    return ProposalId(_sortable("p"))


def new_claim_id() -> ClaimId:
    return ClaimId(_sortable("c"))


def new_client_id() -> ClientId:
    return ClientId(_sortable("e"))


def workspace_id(root: Path) -> WorkspaceId:
    """The identifier of the workspace at `root` (absolute, resolved): the same folder has the same id in every client."""
    return WorkspaceId("w" + hashlib.sha256(root.as_posix().encode("utf-8", "surrogateescape")).hexdigest()[:16])


def finding_id(*parts: object) -> FindingId:
    """A stable identifier of a finding from what makes it the same finding (path, rule, range, message)."""
    text = "\x00".join(str(part) for part in parts)
    return FindingId("f" + hashlib.sha256(text.encode("utf-8", "surrogateescape")).hexdigest()[:16])

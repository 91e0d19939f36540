"""What Tercet knows of a code base, on the wire: the index, searches, symbols, impact and prompt sections.

Every answer says in `coverage` how much of the code base it was made from.
"""

from enum import StrEnum

from pydantic import AwareDatetime, Field

from tercet_shared.edits import Range, RelativePath, Sha256
from tercet_shared.ids import WorkspaceId
from tercet_shared.wire import Wire

MAX_WORDS = 2000
"""Characters of a search: a bug report's heart fits, a whole log does not."""

MAX_NAME = 500
"""Characters of a name that definitions are searched for by."""

MAX_BUDGET = 200_000
"""Tokens of the largest section that may be asked for."""


class IndexState(StrEnum):
    BUILDING = "building"
    """Being built or brought up to date; what is there already is used."""
    READY = "ready"
    FAILED = "failed"
    """It could not be built; `problems` says why, and a rebuild tries again."""


class Coverage(Wire):
    """How much of a code base an answer was made from. `files_total` is 0 while the files are still being counted."""

    complete: bool
    files_done: int = Field(ge=0)
    files_total: int = Field(ge=0)


class IndexStatus(Wire):
    """A workspace's index."""

    workspace_id: WorkspaceId
    state: IndexState
    coverage: Coverage
    lines: int = 0
    documents: int = 0
    """Definitions, and what of each file is in none."""
    size_bytes: int = 0
    built_at: AwareDatetime | None = None
    """When a build last came to its end."""
    problems: list[str] = Field(default_factory=list)
    """Sentences about what is wrong with it, or was and has been healed."""


class Reason(Wire):
    """One signal's part in a rank. The `share`s of a hit add up to its score."""

    signal: str
    """Such as "words", "graph", "history", "mention"."""
    share: float
    detail: str = ""


class Symbol(Wire):
    """A definition. `name` is dotted from the outermost one; empty where a whole file is meant."""

    path: RelativePath
    name: str
    kind: str
    """ "function", "method", "class", "interface", "module", "type", "constant", "field", "macro", ..., "file"."""
    range: Range
    name_range: Range
    signature: str = ""
    doc: str = ""


class SearchHit(Wire):
    """A place that the words may be about; the best has the highest score of its list, which means nothing beyond it."""

    symbol: Symbol
    score: float
    reasons: list[Reason] = Field(default_factory=list)


class FileHit(Wire):
    path: RelativePath
    score: float
    reasons: list[Reason] = Field(default_factory=list)


class SearchAnswer(Wire):
    """Files and definitions, each best first."""

    files: list[FileHit]
    definitions: list[SearchHit]
    coverage: Coverage


class Outline(Wire):
    """The definitions of one text in document order."""

    path: RelativePath
    text_sha256: Sha256
    symbols: list[Symbol]


class SymbolList(Wire):
    """Definitions whose name was searched for, best first."""

    symbols: list[Symbol]
    coverage: Coverage


class FoundBy(StrEnum):
    """How a name was resolved."""

    ANALYSIS = "analysis"
    """By following the language's own rules (types and imports)."""
    NAMES = "names"
    """By its spelling, the nearest scope and the imports: others of the same name may be among it."""


class DefinitionAnswer(Wire):
    """Where the name at a place is defined, best first. Empty: nothing in the workspace defines it."""

    name: str
    definitions: list[Symbol]
    found_by: FoundBy
    note: str = ""
    """A sentence where something is left out, such as a definition outside the workspace."""
    coverage: Coverage


class Usage(Wire):
    """One place that uses a name. `within` is the dotted name of the definition around it, empty at the top of a file."""

    path: RelativePath
    range: Range
    within: str = ""
    text: str = ""
    """The line, without its indentation."""
    certain: bool = False
    """Whether the language's own rules say so, and not the spelling alone."""


class ReferencesAnswer(Wire):
    """Who uses the name at a place. `truncated`: there are more than were asked for."""

    name: str
    references: list[Usage]
    found_by: FoundBy
    truncated: bool = False
    coverage: Coverage


class CallDirection(StrEnum):
    INCOMING = "incoming"
    """Who calls it."""
    OUTGOING = "outgoing"
    """What it calls."""


class Call(Wire):
    """A caller, or what is called. `ranges` are where the calls stand: in the caller's file, whichever of the two it is."""

    symbol: Symbol
    ranges: list[Range]


class CallsAnswer(Wire):
    """The calls of the definition that the name at a place means. `truncated`: there may be more."""

    name: str
    calls: list[Call]
    truncated: bool = False
    coverage: Coverage


class Affected(Wire):
    """Something that may break. `distance` counts calls from the changed definition, or imports from its file."""

    symbol: Symbol
    distance: int = Field(ge=1)
    through: str = ""
    """What of the last step towards the change it uses, in words."""


class ImpactAnswer(Wire):
    """What may break if a definition (or anything in a file) changes, nearest first."""

    changed: list[Symbol]
    affected: list[Affected]
    tests: list[Affected]
    truncated: bool = False
    coverage: Coverage


class SectionFile(Wire):
    """What of one file stands in a section: the names of the definitions whose body, or signature alone, is in it."""

    path: RelativePath
    text_sha256: Sha256
    bodies: list[str]
    signatures: list[str]


class ContextSection(Wire):
    """A part of a prompt: the places that matter, within a budget, ordered by path and line.

    A line `⋮ N lines` stands for lines that were left out. `tokens` is an upper estimate, never over `budget`.
    """

    text: str
    tokens: int
    budget: int
    files: list[SectionFile]
    left_out: int = 0
    """Ranked places that found no room."""
    coverage: Coverage


class Description(Wire):
    """What the thing at a place is and who uses it, as Markdown; `symbol` is None where nothing is known of it."""

    symbol: Symbol | None
    markdown: str = ""
    uses: int = 0
    coverage: Coverage

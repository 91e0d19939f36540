"""From a model's reply and the files it is about to a change set: every edit of it lands, or none does. No I/O."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from tercet_shared.edits import ChangeSet
from tercet_shared.errors import EditRefused

from tercet_server.edits import naming
from tercet_server.edits.diff import file_edit, line_hunks
from tercet_server.edits.locate import Page, Splice, locate
from tercet_server.edits.locate.elision import omissions
from tercet_server.edits.locate.presence import repeats_definition, stands_beside
from tercet_server.edits.parse import parse_reply
from tercet_server.edits.refusal import Reason, all_refused, refusal
from tercet_server.edits.requests import FileRequest, Hunk, ReplaceLines, UpdateFile, WriteFile

_PROSE = (".md", ".markdown", ".rst", ".adoc", ".txt", ".html", ".ipynb")
_FRAGMENT_LINES = 20
"""Files of fewer lines may be rewritten by anything."""


@dataclass(frozen=True, slots=True)
class Placement:
    """Where one edit landed (`line` of the old text, from zero) and how it was found: `exact`, `trailing`, `indentation`,
    `typography`, `elided`, `gapped`, or `whole`; `present` if its result was there before."""

    path: str
    line: int
    how: str


@dataclass(frozen=True, slots=True)
class Landed:
    """What a reply changes, and how each of its edits was understood, in the order of the reply."""

    changes: ChangeSet
    placements: tuple[Placement, ...]


def from_reply(reply: str, files: Mapping[str, str]) -> Landed:
    """The changes that a model's reply asks for, against `files` (path below the root → text, line ends as they are;
    texts are asked for only as they are needed).

    Reads SEARCH/REPLACE blocks, unified diffs, apply_patch envelopes, tool arguments in JSON, and whole files. All edits
    of a reply mean the texts as given; only one that does not fit there is tried on what the earlier ones made.

    Raises EditRefused (see `refusal`) if any edit does not land in exactly one place, TooLarge for an enormous reply.
    """
    drafts: dict[str, _Draft] = {}
    placements: list[Placement] = []
    refusals: list[EditRefused] = []
    for request in _without_repetitions(parse_reply(reply)):
        try:
            placements += _take(request, files, drafts)
        except _Several as error:
            refusals += error.refusals
        except EditRefused as error:
            refusals.append(error)
    for path, draft in drafts.items():
        refusals += [_of_file(each, path) for each in draft.repeated(path)]
    if refusals:
        raise all_refused(refusals)
    edits = []
    for path, draft in drafts.items():
        after = draft.text
        if after != draft.before:
            _check_storable(path, after)
            edits.append(file_edit(path, draft.before, after))
    if not edits:
        raise refusal(
            Reason.ALREADY_APPLIED,
            "What the reply asks for is there already; there is nothing to change.",
            path=placements[0].path if placements else None,
            line=placements[0].line if placements else None,
        )
    return Landed(ChangeSet(files=edits), tuple(placements))


@dataclass
class _Draft:
    """One file while edits are gathered for it. `before` is None for a file to create; `whole` if the reply writes it whole."""

    before: str | None
    page: Page
    splices: list[Splice] = field(default_factory=list)
    final_newline: bool | None = None
    whole: bool = False

    def add(self, splices: Sequence[Splice]) -> None:
        """Raises EditRefused where two edits change the same lines differently."""
        for splice in splices:
            if splice in self.splices:
                continue
            if any(splice.start < other.end and other.start < splice.end for other in self.splices):
                raise refusal(
                    Reason.CONFLICT,
                    f"Two edits of the reply change line {splice.start + 1} in different ways; send one edit for that place.",
                    line=splice.start,
                )
            self.splices.append(splice)

    @property
    def text(self) -> str:
        return self.page.spliced(sorted(self.splices, key=lambda each: each[:2]), self.final_newline)

    def repeated(self, path: str) -> Iterator[EditRefused]:
        """A refusal for each block of new lines that is there already; a file that is written whole repeats nothing, and
        prose may show a definition twice."""
        is_prose = path.endswith(_PROSE)
        removed = frozenset(at for splice in self.splices for at in range(splice.start, splice.end))
        for splice in [] if self.whole else self.splices:
            first = next((each.strip() for each in splice.lines if each.strip()), "")
            if not stands_beside(self.page, splice, removed):
                first = "" if is_prose else repeats_definition(self.page, splice, removed) or ""
            if first:
                yield refusal(
                    Reason.ALREADY_APPLIED,
                    f"What is to be inserted at line {splice.start + 1} (`{first[:80]}`) stands there already, or nearly so; "
                    "leave this edit out, or send one that changes the lines that are there.",
                    line=splice.start,
                )

    def settle(self) -> None:
        """What was gathered becomes the text that further edits are for."""
        self.page, self.splices = Page(self.text), []


class _Several(Exception):
    """Several edits of one request do not land."""

    def __init__(self, refusals: list[EditRefused]) -> None:
        super().__init__(f"{len(refusals)} edits are refused")
        self.refusals = refusals


def _without_repetitions(requests: Sequence[FileRequest]) -> list[FileRequest]:
    """A model that sends the same edit twice means it once. A hunk with a line number is another one at another line."""
    seen: set[tuple[str | None, Hunk]] = set()
    result: list[FileRequest] = []
    for request in dict.fromkeys(requests):
        if not isinstance(request, UpdateFile):
            result.append(request)
            continue
        hunks = [each for each in dict.fromkeys(request.hunks) if (request.path, each) not in seen]
        seen.update((request.path, each) for each in hunks)
        if hunks:
            result.append(UpdateFile(request.path, tuple(hunks)))
    return result


def _take(request: FileRequest, files: Mapping[str, str], drafts: dict[str, _Draft]) -> list[Placement]:
    if isinstance(request, WriteFile):
        return [_write(request, files, drafts)]
    name = naming.existing if isinstance(request, UpdateFile) else naming.exact
    path = request.path if request.path is not None and request.path in drafts else name(request.path, files)
    if path not in drafts:
        drafts[path] = _Draft(files[path], Page(files[path]))
    if isinstance(request, UpdateFile):
        return _update(request, path, drafts[path])
    try:
        return [_replace(request, path, drafts[path])]
    except EditRefused as error:
        raise _of_file(error, path) from None


def _of_file(error: EditRefused, path: str) -> EditRefused:
    """The same refusal with the file's name."""
    return error if "path" in error.data else EditRefused(f"{path}: {error.sentence}", **{**error.data, "path": path})


def _write(request: WriteFile, files: Mapping[str, str], drafts: dict[str, _Draft]) -> Placement:
    path = naming.written(request.path, files, create=request.create)
    if path in drafts:
        raise refusal(
            Reason.CONFLICT, f"The reply writes {path} whole and edits it besides; send one of both.", path=path
        )
    if path not in files:
        drafts[path] = _Draft(None, Page(request.text))
        return Placement(path, 0, "whole")
    before, after = Page(files[path]), Page(request.text)
    _check_whole(path, before, after)
    draft = drafts[path] = _Draft(before.text, before, whole=True)
    for change in line_hunks(before.lines, after.lines):
        lines = tuple(after.lines[change.after_start : change.after_end])
        draft.splices.append(Splice(change.before_start, change.before_end, lines))
    return Placement(path, 0, "whole")


def _check_whole(path: str, before: Page, after: Page) -> None:
    """Raises EditRefused for a text that cannot be meant to replace the whole file."""
    for at in omissions(after.lines, range(len(after.lines)), before.lines):
        raise refusal(
            Reason.ELIDED,
            f"The new text of {path} leaves lines out, in its line {at + 1} (`{after.lines[at].strip()[:80]}`); send the whole "
            "file, or only the lines to change as SEARCH/REPLACE blocks.",
            path=path,
            line=at,
        )
    if len(before.lines) > _FRAGMENT_LINES and len(after.lines) * 2 < len(before.lines):
        raise refusal(
            Reason.FRAGMENT,
            f"The new text of {path} has {len(after.lines)} lines, but the file has {len(before.lines)}, so it looks like a part "
            "of it; send the lines to change as SEARCH/REPLACE blocks.",
            path=path,
        )


def _check_storable(path: str, text: str) -> None:
    """Raises EditRefused for characters that no file of text can hold."""
    try:
        text.encode("utf-8")
        bad = "\x00" in text
    except UnicodeEncodeError:
        bad = True
    if bad:
        raise refusal(
            Reason.MALFORMED,
            f"The new text of {path} has characters that no text file can hold (NUL or half of a surrogate pair); send it without.",
            path=path,
        )


def _replace(request: ReplaceLines, path: str, draft: _Draft) -> Placement:
    last = len(draft.page.lines)
    if not request.start <= request.end <= last:
        raise refusal(
            Reason.STALE,
            f"The edit names lines {request.start + 1} to {request.end}, but the file has {last}; read the file again.",
        )
    draft.add([Splice(request.start, request.end, request.lines)])
    return Placement(path, request.start, "exact")


def _update(request: UpdateFile, path: str, draft: _Draft) -> list[Placement]:
    placements: list[Placement] = []
    refusals: list[EditRefused] = []
    for hunk in request.hunks:
        try:
            placements.append(_land(hunk, path, draft))
        except EditRefused as error:
            if error.data.get("reason") == Reason.ALREADY_APPLIED:
                placements.append(Placement(path, error.data.get("line", 0), "present"))
            else:
                refusals.append(_of_file(error, path))
    if refusals:
        raise _Several(refusals)
    return placements


def _land(hunk: Hunk, path: str, draft: _Draft) -> Placement:
    try:
        located = locate(draft.page, hunk)
    except EditRefused as error:
        if not draft.splices or error.data.get("reason") != Reason.STALE:
            raise
        draft.settle()
        located = locate(draft.page, hunk)
    draft.add(located.splices)
    if located.final_newline is not None:
        draft.final_newline = located.final_newline
    return Placement(path, located.line, located.how)

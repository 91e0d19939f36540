"""Which file a model means by a path: the one of that name, or the only one that the name can mean. No I/O."""

from collections.abc import Iterable, Mapping

from pydantic import TypeAdapter, ValidationError
from tercet_shared.edits import RelativePath

from tercet_server.edits.refusal import Reason, refusal

_RELATIVE = TypeAdapter(RelativePath)
_MAX_CANDIDATES = 5


def existing(path: str | None, files: Mapping[str, str]) -> str:
    """The file that an edit changes. A folder too many or too few and letter case are corrected where only one file fits.

    Raises EditRefused with the nearest names.
    """
    if path is None:
        return _only(files)
    cleaned = _cleaned(path)
    if cleaned in files:
        return cleaned
    for fitting in (_below(cleaned, files), _ending(cleaned, files), _ending(cleaned.casefold(), files, fold=True)):
        if len(fitting) == 1:
            return fitting[0]
        if fitting:
            raise _unknown(path, fitting, "could mean several files")
    raise _unknown(path, _similar(cleaned, files), "is no file of the workspace")


def exact(path: str | None, files: Mapping[str, str]) -> str:
    """The file of just this name: for an edit that holds no text by which a wrong guess would show."""
    if path is None:
        return _only(files)
    cleaned = _cleaned(path)
    if cleaned not in files:
        raise _unknown(path, _similar(cleaned, files), "is no file of the workspace")
    return cleaned


def written(path: str | None, files: Mapping[str, str], *, create: bool) -> str:
    """The name of a file to write. Raises EditRefused for one outside the workspace, or that is to be created and is there."""
    if path is None:
        raise refusal(
            Reason.NO_FILE, "The edit writes a file but names none; put its path on a line of its own above the edit."
        )
    cleaned = _cleaned(path)
    try:
        _RELATIVE.validate_python(cleaned)
    except ValidationError:
        raise refusal(
            Reason.NO_FILE,
            f"{path[:200]} is not a path below the workspace's root; name the file relative to it, without `..`.",
            path=path[:1000],
        ) from None
    if create and cleaned in files and files[cleaned].strip():
        raise refusal(
            Reason.FILE_EXISTS,
            f"{cleaned} exists, so it cannot be created; send the lines to change in it, or name another file.",
            path=cleaned,
        )
    return cleaned


def _cleaned(path: str) -> str:
    cleaned = path.strip().strip("`\"'").replace("\\", "/")
    while cleaned.startswith("./"):
        cleaned = cleaned[2:]
    return cleaned


def _only(files: Mapping[str, str]) -> str:
    names = list(files)
    if len(names) == 1:
        return names[0]
    raise refusal(
        Reason.NO_FILE,
        "The edit names no file; put the file's path on a line of its own above it.",
        candidates=sorted(names)[:_MAX_CANDIDATES],
    )


def _below(path: str, files: Iterable[str]) -> list[str]:
    """Files that the path ends in: `/home/me/project/src/a.py` means `src/a.py`, and rather that than `a.py`. A relative
    path means no file of the root's own: `other/a.py` is not `a.py`."""
    found = [each for each in files if path.endswith(f"/{each}") and ("/" in each or path.startswith("/"))]
    return [max(found, key=len)] if found else []


def _ending(path: str, files: Iterable[str], *, fold: bool = False) -> list[str]:
    """Files that end in the path: `views/a.py` means `app/views/a.py`."""
    names = {each: each.casefold() if fold else each for each in files}
    exact = [each for each, name in names.items() if name == path]
    return exact or [each for each, name in names.items() if path and name.endswith(f"/{path.lstrip('/')}")]


def _similar(path: str, files: Iterable[str]) -> list[str]:
    """Of the same name in another folder, then of a similar name."""
    from rapidfuzz import fuzz, process  # noqa: PLC0415  # only a refusal needs it

    names = list(files)
    base = path.rsplit("/", 1)[-1].casefold()
    same = sorted(each for each in names if each.rsplit("/", 1)[-1].casefold() == base)
    alike = [
        found[0] for found in process.extract(path, names, scorer=fuzz.ratio, limit=_MAX_CANDIDATES, score_cutoff=60)
    ]
    return list(dict.fromkeys([*same, *alike]))[:_MAX_CANDIDATES]


def _unknown(path: str, candidates: list[str], what: str) -> Exception:
    hint = f" Did you mean {' or '.join(candidates[:_MAX_CANDIDATES])}?" if candidates else ""
    return refusal(
        Reason.NO_FILE,
        f"{path[:200]} {what}.{hint} Name the file by its path below the workspace's root.",
        path=path[:1000],
        candidates=candidates[:_MAX_CANDIDATES],
    )

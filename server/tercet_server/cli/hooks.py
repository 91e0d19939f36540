"""`tercet hooks`: puts a review before git's commits or pushes, beside the hooks that are there, and takes it away again."""

import asyncio
import os
import shlex
import stat
import subprocess
from pathlib import Path

from tercet_shared.errors import InvalidRequest, NotWritable, Unsupported

from tercet_server.cli import project
from tercet_server.cli.exits import Exit
from tercet_server.cli.terminal import Terminal

HOOKS = {"pre-commit": "HEAD", "pre-push": "@{upstream}"}
"""Hook → the revision since which the change is judged."""

MARK = "# written by `tercet hooks install`; `tercet hooks remove` takes it away"
BEFORE = ".before-tercet"
"""The end of the name under which a hook is kept that was there; it is run first."""

DEADLINE_S = 60
GIT_S = 10.0

SCRIPT = """\
#!/bin/sh
{mark}
before="$0{before}"
if [ -x "$before" ]; then "$before" "$@" || exit $?; fi
command -v tercet >/dev/null 2>&1 || exit 0
git rev-parse --verify --quiet "{base}^{{commit}}" >/dev/null || exit 0
tercet review --base "{base}" --deadline {deadline_s}{where} </dev/null &
review=$!
(sleep {patience_s}; kill "$review") </dev/null >/dev/null 2>&1 &
watch=$!
trap 'kill "$review" "$watch" 2>/dev/null; exit 130' INT TERM HUP
wait "$review"
verdict=$?
kill "$watch" >/dev/null 2>&1
if [ "$verdict" -eq 7 ]; then
    echo "tercet: the review speaks against it (git's --no-verify goes on without it)" >&2
    exit 1
fi
exit 0
"""
"""Only a verdict stops git: a daemon that does not start, does not answer or takes too long lets it go on."""


async def install(hook: str, workspace: Path | None, terminal: Terminal) -> Exit:
    """Raises InvalidRequest, Unsupported, NotWritable."""
    root = project.named_root(workspace)
    path, kept = await asyncio.to_thread(_installed, root, hook)
    more = f" {kept.name} runs before it." if kept is not None else ""
    terminal.show(f"{path} reviews what has changed.{more}")
    terminal.document({"hook": str(path), "before": None if kept is None else str(kept)})
    return Exit.OK


async def remove(hook: str, workspace: Path | None, terminal: Terminal) -> Exit:
    """Puts the hook back that was there before. Raises InvalidRequest, Unsupported, NotWritable."""
    root = project.named_root(workspace)
    path, removed = await asyncio.to_thread(_removed, root, hook)
    terminal.show(f"{path} is as it was before." if removed else f"There is no hook of Tercet's at {path}.")
    terminal.document({"hook": str(path), "removed": removed})
    return Exit.OK


def _installed(root: Path, hook: str) -> tuple[Path, Path | None]:
    """The hook, and the one that is kept and runs before it."""
    path = _path(root, hook)
    kept = path.with_name(path.name + BEFORE)
    where = _where(root)
    text = SCRIPT.format(
        mark=MARK, before=BEFORE, base=HOOKS[hook], deadline_s=DEADLINE_S, patience_s=DEADLINE_S + 15, where=where
    )
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        if path.is_symlink() or (path.exists() and not _is_ours(path)):
            if os.path.lexists(kept):
                raise InvalidRequest(f"{kept} is there already. Put it away, for {path.name} would take its place.")
            _check_can_be_renamed(path)
            path.rename(kept)
        path.write_text(text, "utf-8", newline="\n")
        path.chmod(path.stat().st_mode | stat.S_IXUSR | stat.S_IXGRP | stat.S_IXOTH)
    except OSError as error:
        raise NotWritable(f"{path} cannot be written ({error.strerror}).") from error
    return path, kept if kept.exists() else None


def _removed(root: Path, hook: str) -> tuple[Path, bool]:
    path = _path(root, hook)
    kept = path.with_name(path.name + BEFORE)
    if not path.exists() or not _is_ours(path):
        return path, False
    try:
        if kept.exists():
            kept.replace(path)
        else:
            path.unlink()
    except OSError as error:
        raise NotWritable(f"{path} cannot be changed ({error.strerror}).") from error
    return path, True


def _is_ours(path: Path) -> bool:
    return MARK.encode() in path.read_bytes()[:1000]


def _check_can_be_renamed(path: Path) -> None:
    """Raises Unsupported for a hook that finds out from its own name what it is to do: under another it would do nothing."""
    if path.exists() and b"basename" in path.read_bytes():
        raise Unsupported(
            f"{path} does what its name says, so it cannot be renamed. Add `tercet review` to it yourself."
        )


def _where(root: Path) -> str:
    """The workspace as an option, if it is a part of what git calls the hook in."""
    part = _git(root, "rev-parse", "--show-prefix").rstrip("/")
    return f" --workspace {shlex.quote(part)}" if part else ""


def _path(root: Path, hook: str) -> Path:
    """Where git looks for the hook; a folder that other repositories or the project itself (husky) write is left alone."""
    if hook not in HOOKS:
        raise InvalidRequest(f"{hook} is no hook that Tercet knows. Take {' or '.join(HOOKS)}.")
    folder = Path(_git(root, "rev-parse", "--git-path", "hooks"))
    common = Path(_git(root, "rev-parse", "--git-common-dir"))
    folder, common = (root / folder).resolve(), (root / common).resolve()
    if not folder.is_relative_to(common):
        raise Unsupported(
            f"git looks for hooks in {folder}, which other repositories may share, or a tool of the project writes. "
            "Add `tercet review --base` there yourself."
        )
    return folder / hook


def _git(root: Path, *arguments: str) -> str:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    command = ["git", "-c", "core.fsmonitor=false", "-C", str(root), *arguments]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=GIT_S, check=False, env=environment)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise Unsupported(f"git could not be asked ({error}).") from error
    if done.returncode:
        raise Unsupported(f"{root} is in no git repository.")
    return done.stdout.strip()

"""Asks the catalogue's tools about files, always in the sandbox: in a private copy for a proof, or about one text for an editor."""

import asyncio
import shutil
import tempfile
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from tercet_shared.errors import SandboxFailed, SandboxUnavailable

from tercet_server.checks.outputs import ToolFinding, Within, finding_parser
from tercet_server.checks.suites import programs
from tercet_server.languages import language_of
from tercet_server.languages.tools import LintTool, lint_tools
from tercet_server.ports import Ending, Jail, Limits, Sandbox

_LIMITS = Limits(wall_s=60.0, output_bytes=8 * 1024**2)
_QUICK = Limits(wall_s=15.0, output_bytes=8 * 1024**2)
_NODE_SCRIPTS = "node_modules/.bin"
_LOCAL = (_NODE_SCRIPTS, "vendor/bin")


@dataclass(frozen=True)
class ToolRun:
    """What a tool said of some files. `problem` is a sentence where it could not do its work."""

    tool: LintTool
    command: tuple[str, ...]
    findings: tuple[ToolFinding, ...] = ()
    exit_code: int | None = None
    problem: str = ""


@dataclass(frozen=True)
class Ground:
    """Where tools look: the folder shown at the workspace's root; the caches in which compilers write, and those they only read."""

    sandbox: Sandbox
    folder: Path
    root: Path
    caches: tuple[Path, ...] = ()
    kept: tuple[Path, ...] = ()


def tools_for(root: Path, path: str, *, alone: bool) -> list[tuple[LintTool, Path]]:
    """The tools that know a file's language, that are here, and whose configuration the workspace has.

    `alone`: only those that need no more than the file, and none that the workspace brings along: an editor asks them of a
    folder that nobody trusts. Blocking: looks at the host's files.
    """
    language = language_of(path)
    found = []
    for tool in lint_tools(language.name) if language is not None else ():
        if alone and (not tool.alone or tool.runs_project):
            continue
        if tool.needs and not any((root / name).is_file() for name in tool.needs):
            continue
        program = programs.find(tool.program) if alone else _program(root, tool)
        if program is not None:
            found.append((tool, program))
    return found


async def lint_copy(ground: Ground, paths: Sequence[str]) -> list[ToolRun]:
    """Every tool about every one of `paths`, as the copy is now."""
    runs: dict[tuple[str, ...], ToolRun] = {}
    for path in paths:
        for tool, program in await asyncio.to_thread(tools_for, ground.root, path, alone=False):
            command = tool.arguments(str(program), path)
            if command not in runs:
                try:
                    runs[command] = await _run(ground, tool, program, command, _LIMITS)
                except SandboxUnavailable as error:  # no image has its runtime
                    runs[command] = ToolRun(tool, command, problem=error.sentence)
    return list(runs.values())


async def lint_text(sandbox: Sandbox, root: Path, path: str, text: str) -> list[ToolRun]:
    """The tools that need only this text, in a folder with nothing else. They run nothing of the project."""
    chosen = await asyncio.to_thread(tools_for, root, path, alone=True)
    if not chosen:
        return []
    folder = Path(await asyncio.to_thread(tempfile.mkdtemp, prefix="tercet-lint-"))
    try:
        await asyncio.to_thread(_write, folder, path, text)
        ground = Ground(sandbox, folder, root)
        runs = []
        for tool, program in chosen:
            with suppress(SandboxFailed, SandboxUnavailable):  # what one tool needs, another may not
                runs.append(await _run(ground, tool, program, tool.arguments(str(program), path), _QUICK))
        return runs
    finally:
        await asyncio.to_thread(shutil.rmtree, folder, ignore_errors=True)


async def _run(ground: Ground, tool: LintTool, program: Path, command: tuple[str, ...], limits: Limits) -> ToolRun:
    jail = Jail(
        writable=ground.folder,
        appears_at=ground.root,
        readable=(*ground.kept, *await asyncio.to_thread(_readable, ground.root, program, tool)),
        caches=ground.caches,
        runtime=tool.runtime,
        environment={
            "PATH": programs.search_path(program),
            "GOFLAGS": "-buildvcs=false",
            "GOPROXY": "off",
            "GOTOOLCHAIN": "local",
            **({"GOCACHE": str(ground.caches[0] / "go-build")} if ground.caches else {}),
        },
    )
    result = await ground.sandbox.run(jail, command, limits)
    shown = (tool.program, *command[1:])
    if result.ending is not Ending.EXITED:
        return ToolRun(tool, shown, problem=f"{tool.name} was ended by the sandbox ({result.ending.value}).")
    parser = finding_parser(tool.output, tool.pattern, tool.rule, tool.severity)
    output = result.stdout if tool.stream == "stdout" else result.stderr
    found = await asyncio.to_thread(parser, output, Within(str(ground.sandbox.root_inside(jail))))
    if not found and result.exit_code not in (0, None):
        said = (result.stderr or result.stdout).decode("utf-8", "replace").strip().splitlines()
        problem = (
            f"{tool.name} ended with exit code {result.exit_code}: {said[-1][:300] if said else 'it said nothing'}"
        )
        return ToolRun(tool, shown, exit_code=result.exit_code, problem=problem)
    return ToolRun(tool, shown, tuple(dict.fromkeys(found)), result.exit_code)


def _program(root: Path, tool: LintTool) -> Path | None:
    local = (root / folder / tool.program for folder in _LOCAL)
    return next((each for each in local if each.is_file()), None) or programs.find(tool.program)


def _readable(root: Path, program: Path, tool: LintTool) -> tuple[Path, ...]:
    modules = root / "node_modules"
    node = programs.find("node") if program.is_relative_to(modules) else None
    return (
        *(programs.installation(program) if not program.is_relative_to(root) else ()),
        *(programs.installation(node) if node is not None else ()),
        *([modules] if modules.is_dir() else []),
        *programs.matching(tool.reads),
    )


def _write(folder: Path, path: str, text: str) -> None:
    folder.chmod(0o755)
    file = folder / path
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(text.encode("utf-8", "surrogatepass"))

"""The tools that a model is offered: search, outline, read, references, edit, run_tests, start_over. Each checks its arguments,
reaches nothing but the ports and the draft, and answers with fenced text or a sentence about what was wrong."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError
from tercet_shared.context import Symbol
from tercet_shared.errors import EditRefused, TercetError

from tercet_server.languages import outline
from tercet_server.ports import CodeBase, CodePlace, ProposerTask, Tool, ToolCall
from tercet_server.prompts import fenced, fenced_file, is_confidential
from tercet_server.proposers.model.draft import Draft
from tercet_server.proposers.model.trial import try_tests

BYTES_PER_TOKEN = 3
MOST_HITS = 8
MOST_REFERENCES = 40
MOST_LINES = 400
MOST_OUTLINED = 200
LONGEST_LINE = 400
FAULTS_NAMED = 4
EDIT = "edit"


def _test_name(name: str) -> str:
    path = name.partition("::")[0]
    if not path or name.startswith("-") or path.startswith("/") or ".." in path.split("/") or not name.isprintable():
        raise ValueError("a test file or node id below the workspace's root")
    return name


class _Arguments(BaseModel):
    model_config = ConfigDict(frozen=True)


class _Search(_Arguments):
    words: str = Field(min_length=1, max_length=500)


class _Path(_Arguments):
    path: str = Field(min_length=1, max_length=1000)


class _Read(_Path):
    first_line: int = Field(default=1, ge=1)
    last_line: int | None = Field(default=None, ge=1)


class _References(_Arguments):
    name: str = Field(min_length=1, max_length=300)
    path: str = Field(default="", max_length=1000, description="where it is defined, if several have the name")


class _RunTests(_Arguments):
    tests: list[Annotated[str, AfterValidator(_test_name)]] = Field(default=[], max_length=50)


class _Nothing(_Arguments):
    pass


_EDITS: Mapping[str, Any] = {
    "type": "object",
    "properties": {
        "edits": {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {
                    "path": {"type": "string"},
                    "old": {"type": "string", "description": "the lines to replace, exactly; empty: a new file"},
                    "new": {"type": "string"},
                },
                "required": ["path", "old", "new"],
            },
        }
    },
    "required": ["edits"],
}


@dataclass(frozen=True)
class _Handler:
    tool: Tool
    arguments: type[_Arguments]
    answer: Callable[[Any], Awaitable[str]]


class Toolbox:
    """The tools of one conversation. `code` is None where the code base is not indexed: then nothing is searched."""

    def __init__(self, task: ProposerTask, draft: Draft, code: CodeBase | None, left_s: Callable[[], float]) -> None:
        self._task = task
        self._draft = draft
        self._code = code
        self._left_s = left_s
        self._handlers = {each.tool.name: each for each in self._offered()}

    @property
    def tools(self) -> tuple[Tool, ...]:
        edit = Tool(EDIT, "Change files in the draft; all edits are made or none.", _EDITS)
        return (edit, *(each.tool for each in self._handlers.values()))

    async def answer(self, call: ToolCall) -> str:
        """What a tool other than `edit` answers; a sentence for what cannot be done. Raises nothing of the tools' own."""
        handler = self._handlers.get(call.name)
        if handler is None:
            return f"There is no tool {call.name[:100]!r}; there are: {', '.join(each.name for each in self.tools)}."
        try:
            arguments = handler.arguments.model_validate_json(call.arguments.strip() or "{}")
        except ValidationError as error:
            return f"The arguments of {call.name} are wrong: {_faults(error)}."
        try:
            return await handler.answer(arguments)
        except TercetError as error:
            return error.sentence

    def _offered(self) -> list[_Handler]:
        offered = [
            _handler("read", "Text of a file, or some of its lines (from 1).", _Read, self._read),
            _handler("outline", "Definitions of a file with their lines.", _Path, self._outline),
            _handler("run_tests", "Run tests on the draft; none named: those of the step.", _RunTests, self._run_tests),
            _handler("start_over", "Throw the draft away.", _Nothing, self._start_over),
        ]
        if self._code is not None:
            offered += [
                _handler("search", "Files and definitions about some words.", _Search, self._search),
                _handler("references", "Who uses a name.", _References, self._references),
            ]
        return offered

    # -- the tools ------------------------------------------------------------------------------------------------

    async def _read(self, asked: _Read) -> str:
        lines = (await self._draft.read(asked.path)).split("\n")
        first = asked.first_line - 1
        last = min(len(lines), asked.last_line or len(lines), first + MOST_LINES)
        if first >= len(lines):
            raise EditRefused(f"{asked.path} has {len(lines)} lines.")
        more = f" {len(lines) - last} more lines follow." if last < len(lines) else ""
        text = "\n".join(line[:LONGEST_LINE] for line in lines[first:last])
        return fenced_file(asked.path, text, lines=f"{first + 1}-{last}") + more

    async def _outline(self, asked: _Path) -> str:
        text = await self._draft.read(asked.path)
        symbols = await asyncio.to_thread(outline, asked.path, text)
        shown = [
            f"{each.range.start.line + 1}-{each.range.end.line + 1} {each.kind} {each.name}"
            for each in symbols[:MOST_OUTLINED]
        ]
        return fenced("outline", "\n".join(shown), path=asked.path)

    async def _search(self, asked: _Search) -> str:
        assert self._code is not None
        found = await self._code.search(self._task.workspace.id, asked.words, MOST_HITS)
        files = [each.path for each in found.files if not is_confidential(each.path)]
        hits = [_place(each.symbol) for each in found.definitions if not is_confidential(each.symbol.path)]
        return fenced("search", "\n".join([*hits, *(path for path in files if not any(path in hit for hit in hits))]))

    async def _references(self, asked: _References) -> str:
        assert self._code is not None
        workspace_id = self._task.workspace.id
        symbols = (await self._code.symbols(workspace_id, asked.name, MOST_HITS)).symbols
        known = [each for each in symbols if not is_confidential(each.path)]
        name = asked.name.rpartition(".")[2]
        meant = [each for each in known if each.name.rpartition(".")[2] == name and asked.path in ("", each.path)]
        if not meant:
            return f"Nothing called {asked.name[:100]!r} is defined in the workspace."
        start = meant[0].name_range.start
        place = CodePlace(workspace_id, meant[0].path, start.line, start.character)
        found = await self._code.references(place, MOST_REFERENCES)
        shown = [
            f"{each.path}:{each.range.start.line + 1} {each.text[:LONGEST_LINE]}"
            for each in found.references
            if not is_confidential(each.path)
        ]
        others = f" {len(meant) - 1} more definitions have this name: name a path." if len(meant) > 1 else ""
        return fenced("references", "\n".join(shown), to=_place(meant[0])) + others

    async def _run_tests(self, asked: _RunTests) -> str:
        tests = asked.tests or self._task.step.tests
        if not tests:
            return "Name the tests to run: files or node ids."
        report = await try_tests(self._task, tests, self._draft.texts(), self._left_s())
        return report or "All of these tests pass."

    async def _start_over(self, _: _Nothing) -> str:
        self._draft.start_over()
        return "The draft is empty: all files are as they were."


def _handler(name: str, about: str, arguments: type[_Arguments], answer: Callable[[Any], Awaitable[str]]) -> _Handler:
    return _Handler(Tool(name, about, _schema(arguments)), arguments, answer)


def _schema(arguments: type[_Arguments]) -> dict[str, Any]:
    """pydantic's, without the titles: they only cost tokens."""
    schema = arguments.model_json_schema()
    properties = {
        name: {key: value for key, value in each.items() if key != "title"}
        for name, each in schema.get("properties", {}).items()
    }
    return {"type": "object", "properties": properties, "required": schema.get("required", [])}


def _faults(error: ValidationError) -> str:
    faults = error.errors(include_url=False, include_input=False)[:FAULTS_NAMED]
    return "; ".join(f"{'.'.join(map(str, each['loc'])) or 'they'}: {each['msg']}" for each in faults)


def _place(symbol: Symbol) -> str:
    line = symbol.range.start.line + 1
    return f"{symbol.path}:{line} {symbol.signature or f'{symbol.kind} {symbol.name}'}"[:LONGEST_LINE]

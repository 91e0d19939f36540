"""Implements `ports.Context` for Python: ranks suspects, orders test files by how near a change is, knows what serves tests."""

import asyncio
from collections.abc import Sequence
from pathlib import PurePosixPath

from tercet_shared.edits import text_sha256
from tercet_shared.errors import TercetError
from tercet_shared.runs import Suspect

from tercet_server.context import spectrum
from tercet_server.context.imports import ImportGraph
from tercet_server.context.serving_tests import ServingTests
from tercet_server.languages import tags
from tercet_server.ports import PrivateCopy, TestReport

_FILES_READ = 5000
_FAR = 1_000_000


class PythonContext:
    """Keeps the imports of texts it has read, by their hash."""

    def __init__(self) -> None:
        self._imports: dict[tuple[str, str], tuple[str, ...]] = {}

    def suspects(self, report: TestReport, limit: int = 200) -> list[Suspect]:
        return spectrum.rank(report, limit)

    async def affected_tests(self, copy: PrivateCopy, changed: Sequence[str], test_files: Sequence[str]) -> list[str]:
        """By the length of the shortest chain of imports, then by likeness of names, then as given."""
        written = await self._imports_of(copy, test_files)
        distances = await asyncio.to_thread(lambda: ImportGraph(written).distances(changed))
        return sorted(test_files, key=lambda path: (distances.get(path, _FAR), not _is_namesake(path, changed)))

    async def serving_tests(self, copy: PrivateCopy, changed: Sequence[str], test_files: Sequence[str]) -> list[str]:
        written = await self._imports_of(copy, test_files)
        return await asyncio.to_thread(lambda: ServingTests(written, frozenset(test_files)).among(changed))

    async def _imports_of(self, copy: PrivateCopy, test_files: Sequence[str]) -> dict[str, tuple[str, ...]]:
        files = (await copy.files(".py"))[:_FILES_READ]
        return {path: await self._written(copy, path) for path in dict.fromkeys([*files, *test_files])}

    async def _written(self, copy: PrivateCopy, path: str) -> tuple[str, ...]:
        try:
            text = await copy.read_text(path)
        except TercetError:
            return ()  # gone, too large or no text: it imports nothing that we could know of
        key = (path, text_sha256(text))
        if key not in self._imports:
            if len(self._imports) > 4 * _FILES_READ:
                self._imports.clear()
            self._imports[key] = (await asyncio.to_thread(tags, path, text)).imports
        return self._imports[key]


def _is_namesake(test_file: str, changed: Sequence[str]) -> bool:
    stem = PurePosixPath(test_file).stem.removeprefix("test_").removesuffix("_test")
    return any(stem == PurePosixPath(path).stem for path in changed)

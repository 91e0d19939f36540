"""Implements `ports.Checker`: proves change sets, and finds what is wrong with a text."""

from collections.abc import Sequence
from pathlib import Path

from tercet_shared.edits import FileTexts
from tercet_shared.findings import Finding
from tercet_shared.proposals import Evidence
from tercet_shared.workspaces import Interpreter

from tercet_server.checks.findings import TEXT_CHARACTERS as MOST_CHARACTERS
from tercet_server.checks.findings import findings_of, syntax_findings_of
from tercet_server.checks.proof import Bench, Proof
from tercet_server.checks.review import remarks_on
from tercet_server.checks.tool_findings import lint_text
from tercet_server.ports import Context, Limits, PrivateCopy, ProofTask, ReportProgress, Sandbox, Tests


class CheckRunner:
    """`limits` are those of the fresh process that repeats the target tests; its wall-clock limit is worked out.
    `caches` is the folder for what compilers keep from run to run."""

    def __init__(
        self, sandbox: Sandbox, tests: Tests, context: Context, limits: Limits | None = None, caches: Path | None = None
    ) -> None:
        self._bench = Bench(sandbox, tests, context, limits or Limits(), caches)

    async def prove(
        self, copy: PrivateCopy, interpreter: Interpreter, task: ProofTask, progress: ReportProgress
    ) -> Evidence:
        return await Proof(self._bench, copy, interpreter, task, progress).run()

    async def syntax(self, path: str, text: str) -> list[Finding]:
        return await syntax_findings_of(path, text)

    async def findings(self, root: Path, path: str, text: str) -> list[Finding]:
        told = await lint_text(self._bench.sandbox, root, path, text) if len(text) <= MOST_CHARACTERS else []
        return await findings_of(root, path, text, [(run.tool.name, each) for run in told for each in run.findings])

    async def remarks(self, root: Path, changes: Sequence[FileTexts]) -> list[Finding]:
        return await remarks_on(root, changes)

"""Runs tests once as a user would: a fresh `python -m pytest`, its result read from JUnit XML and the exit code."""

import asyncio
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from tercet_shared.workspaces import Interpreter

from tercet_server.checks.junit import JunitReport, junit_name, read_report
from tercet_server.checks.pytest.session import jail_for
from tercet_server.ports import Ending, Limits, PrivateCopy, Sandbox, SandboxResult, TestReport

_START_S = 30.0
_ARGUMENTS = 200
"""More tests than this are named by their files."""
_DETAILS_CHARACTERS = 8000


@dataclass(frozen=True)
class FreshRun:
    """`failed` names the tests that did not pass; `reason` is a sentence where one is needed."""

    command: tuple[str, ...]
    exit_code: int | None
    duration_s: float
    failed: tuple[str, ...]
    reason: str
    details: str
    tool: str = "pytest"


@dataclass(frozen=True)
class FreshRunner:
    """`import_paths` lead editable installs to the copy, where that cannot stand at the original's path."""

    sandbox: Sandbox
    copy: PrivateCopy
    interpreter: Interpreter
    limits: Limits
    import_paths: Sequence[str] = ()

    async def run(self, tests: Sequence[str], per_test_s: float, deadline_s: float) -> FreshRun:
        """Passes if every one of `tests` (node ids or files) passes."""
        wall_s = max(1.0, min(deadline_s, _START_S + per_test_s * len(tests)))
        jail = await jail_for(self.copy, self.interpreter)
        if self.import_paths:
            jail = replace(jail, environment={**jail.environment, "PYTHONPATH": ":".join(self.import_paths)})
        named = list(tests) if len(tests) <= _ARGUMENTS else list(dict.fromkeys(t.partition("::")[0] for t in tests))
        shown = (self.interpreter.path, "-m", "pytest", *named)
        report_name = f".tercet-{secrets.token_hex(8)}.xml"
        command = (*shown, "--rootdir=.", f"--junit-xml={report_name}")
        result = await self.sandbox.run(jail, command, replace(self.limits, wall_s=wall_s))
        report = await asyncio.to_thread(read_report, self.copy.root / report_name)
        failed, reason = _judge(tests, result, report, wall_s)
        output = (result.stdout + b"\n" + result.stderr).decode("utf-8", "replace").strip()
        details = output[-_DETAILS_CHARACTERS:] if failed else ""
        return FreshRun(shown, result.exit_code, result.duration_s, failed, reason, details)


def fresh_run_of(report: TestReport, unmet: Mapping[str, str]) -> FreshRun:
    """A run of a suite whose every command is a fresh process; `unmet` are the tests that did not pass, with the reason."""
    reason = f"in a second run of {report.tool}" if unmet else ""
    details = "\n\n".join(each.report for each in report.failing())[:_DETAILS_CHARACTERS] if unmet else ""
    duration_s, failed = report.duration_s, tuple(unmet)
    return FreshRun(report.command, report.exit_code, duration_s, failed, reason, details, report.tool)


def _judge(
    tests: Sequence[str], result: SandboxResult, report: JunitReport | None, wall_s: float
) -> tuple[tuple[str, ...], str]:
    everything = tuple(tests)
    if result.ending is Ending.TIMEOUT:
        return everything, f"a fresh run of pytest was still going after {wall_s:.0f} s"
    if result.ending is not Ending.EXITED:
        return everything, f"a fresh run of pytest was ended by the sandbox ({result.ending.value})"
    if report is None:
        passed = result.exit_code == 0
        return (() if passed else everything), f"a fresh run of pytest ended with exit code {result.exit_code}"
    failed = tuple(test for test in tests if not _passed(test, report))
    if not failed and result.exit_code not in {0, 1}:
        return everything, f"a fresh run of pytest ended with exit code {result.exit_code}"
    return failed, "in a fresh run of pytest" if failed else ""


def _passed(test: str, report: JunitReport) -> bool:
    if "::" in test:
        return junit_name(test) in report.passed
    module = test.removesuffix(".py").replace("/", ".")
    broken = any(_is_in(name, module) for name in report.failed)
    return not broken and any(_is_in(name, module) for name in report.passed)


def _is_in(name: str, module: str) -> bool:
    return name.startswith((f"{module}::", f"{module}.")) or name == f"::{module}"

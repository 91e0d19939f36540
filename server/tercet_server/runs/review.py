"""The workflow of `review`: syntax, lint and all tests of the workspace, shown on the board; single tests alone; or a verdict on
what has changed since a revision. Changes nothing."""

import asyncio
import logging
from collections import defaultdict
from dataclasses import replace
from pathlib import Path

from tercet_shared.errors import NoTests, TercetError
from tercet_shared.findings import Finding, Source
from tercet_shared.runs import Progress, RunState, Target

from tercet_server.agents import Planner
from tercet_server.agents.failures import ByPath
from tercet_server.ports import Outcome, TestReport
from tercet_server.runs.findings import STATIC_SOURCES
from tercet_server.runs.job import Job
from tercet_server.runs.parts import AnswerRecord, RunParts
from tercet_server.runs.reviewing import changes_since, report, untested_lines

LOG = logging.getLogger(__name__)

MOST_FILES = 2000
AT_ONCE = 4


class ReviewWorkflow:
    """Carries a `review` from `queued` to `completed`."""

    def __init__(self, parts: RunParts) -> None:
        self._parts = parts
        self._planner = Planner(parts.context)

    async def carry(self, job: Job) -> None:
        await self._parts.ledger.move(job.run.id, RunState.PLANNING, job.key("planning"))
        record = await job.steps.step("review", AnswerRecord, lambda: self._review(job))
        await self._parts.ledger.move(job.run.id, RunState.COMPLETED, "completed", answer=record.answer)

    async def _review(self, job: Job) -> AnswerRecord:
        if job.run.target.base is not None:
            return AnswerRecord(answer=await self._of_changes(job, job.run.target.base))
        if job.run.target.is_single_tests:
            return AnswerRecord(answer=(await self._tests(job))[0])
        static = await self._static(job)
        return AnswerRecord(answer=f"{(await self._tests(job))[0]} {_count(static, 'finding')} of syntax and lint.")

    async def _of_changes(self, job: Job, base: str) -> str:
        """The verdict on what has changed since a revision, with the reasons."""
        changes = await changes_since(job, base)
        if not changes:
            return f"Nothing has changed since {base}."
        await job.progress(Progress(message=f"comparing {_count(len(changes), 'file')} with {base}"))
        remarks = await self._parts.checker.remarks(Path(job.workspace.root), changes)
        tests, failing, passing = await self._tests(job)
        untested = await untested_lines(job, changes, passing)
        return report(base, changes, [*remarks, *untested], failing, tests)

    async def _static(self, job: Job) -> int:
        """Publishes what syntax and lint find in every Python file; how many findings that is."""
        paths = (await (await job.copy()).files(".py"))[:MOST_FILES]
        turns = asyncio.Semaphore(AT_ONCE)
        async with asyncio.TaskGroup() as group:
            looks = [group.create_task(self._look(job, path, turns)) for path in paths]
        found: dict[Source, dict[str, list[Finding]]] = {source: defaultdict(list) for source in STATIC_SOURCES}
        for finding in [each for look in looks for each in look.result()]:
            found.setdefault(finding.source, defaultdict(list))[finding.path].append(finding)
        for source, by_path in found.items():
            self._parts.board.replace(job.workspace.id, source, by_path)
        return sum(len(look.result()) for look in looks)

    async def _look(self, job: Job, path: str, turns: asyncio.Semaphore) -> list[Finding]:
        async with turns:
            await job.progress(Progress(message=f"checking {path}"))
            try:
                text = await (await job.copy()).read_text(path)
                return await self._parts.checker.findings(Path(job.workspace.root), path, text)
            except TercetError as error:
                LOG.info("review leaves out %s: %s", path, error.sentence)
                return []

    async def _tests(self, job: Job) -> tuple[str, int, list[str]]:
        """Publishes failing tests and suspicious lines. A sentence about them, how many fail, and which pass."""
        task = await job.planning_task()
        try:
            survey = await self._planner.survey(task, job.progress)
        except NoTests:
            if job.run.target.is_single_tests:
                self._show(job, {}, {})
                raise
            return "There are no tests.", 0, []
        failing: ByPath = {}
        suspects: ByPath = {}
        if survey.failing:
            planned = await self._planner.localise(task, survey, job.progress)
            failing, suspects = planned.test_findings, planned.suspect_findings
        self._show(job, failing, suspects)
        report = _asked_for(job.run.target, survey.report)
        await self._parts.board.outcomes.record(job.workspace.id, task.copy, report, job.run.target.tests)
        passing = [each.test for each in report.results.values() if each.outcome is Outcome.PASSED]
        said = _sentence(len(report.failing()), len(passing), len(report.not_run))
        return said, len(report.failing()), passing

    def _show(self, job: Job, failing: ByPath, suspects: ByPath) -> None:
        """On the board, instead of what was known of the tests that ran: those of single ones beside what is known of others."""
        board, workspace_id, target = self._parts.board, job.workspace.id, job.run.target
        for source, found in ((Source.TESTS, failing), (Source.SUSPECT, suspects)):
            if target.is_single_tests:
                known = [each.test for file in board.get(workspace_id) for each in file.findings if each.test]
                board.renew(workspace_id, source, [each for each in known if target.is_about(each)], found)
            else:
                board.replace(workspace_id, source, found)


def _asked_for(target: Target, report: TestReport) -> TestReport:
    """Without the tests beside single ones that ran to tell where these fail."""
    if not target.is_single_tests:
        return report
    results = {test: each for test, each in report.results.items() if target.is_about(test)}
    return replace(report, results=results, not_run=tuple(each for each in report.not_run if target.is_about(each)))


def _sentence(failing: int, passing: int, left_out: int) -> str:
    rest = f" {_count(left_out, 'test')} did not run in the time allowed." if left_out else ""
    if not failing:
        return f"{_count(passing, 'test')} ran and none fails.{rest}"
    return f"{failing} of {_count(failing + passing, 'test')} fail.{rest}"


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"

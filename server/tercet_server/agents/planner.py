"""The planner: from a request and the tests' outcomes to a plan of steps. Edits nothing and knows ports only."""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from tercet_shared.errors import NothingFailing
from tercet_shared.findings import Finding
from tercet_shared.runs import Plan, PlanStep, Progress, RunRequest, Suspect

from tercet_server.agents.failures import findings_of_failures, findings_of_suspects
from tercet_server.agents.survey import Survey, take_survey, test_file, trace, with_siblings
from tercet_server.ports import Context, Outcome, PrivateCopy, ReportProgress, TestReport, TestResult, TestSession

MOST_STEPS = 8
SUSPECTS_OF_A_STEP = 200
FILES_OF_A_STEP = 5
RANKED_APART = 30
"""Ranking lines for each failing test apart is only worth it for so many."""

SURVEY_SHARE, SIBLINGS_SHARE, TRACE_SHARE = 0.35, 0.1, 0.2
"""Of the time left, what looking may take; the rest is for repairing and proving."""


@dataclass(frozen=True)
class PlanningTask:
    """What the planner works on. `targets` are the workspace's own test targets, for requests that name none."""

    request: RunRequest
    copy: PrivateCopy
    session: TestSession
    targets: Sequence[str]
    per_test_s: float
    deadline_s: float


@dataclass(frozen=True)
class Planned:
    """A plan with what was learnt on the way. `baseline` is the traced report of the unchanged copy."""

    plan: Plan
    per_test_s: float
    baseline: TestReport
    survey: TestReport
    test_findings: Mapping[str, Sequence[Finding]] = field(default_factory=dict)
    suspect_findings: Mapping[str, Sequence[Finding]] = field(default_factory=dict)


class Planner:
    """Finds out what fails and why it might, and divides the work into steps."""

    def __init__(self, context: Context) -> None:
        self._context = context

    async def plan(self, task: PlanningTask, progress: ReportProgress) -> Planned:
        """The plan of a `fix`. Raises NoTests, NothingFailing."""
        target = task.request.target
        if target.range is not None and target.path is not None and not target.tests:
            return _plan_for_a_finding(task)
        survey = await self.survey(task, progress)
        if not survey.failing:
            raise NothingFailing(_all_pass(survey))
        return await self.localise(task, survey, progress)

    async def survey(self, task: PlanningTask, progress: ReportProgress) -> Survey:
        """Which tests fail. Raises NoTests."""
        survey = await take_survey(
            task.session,
            await self._tests_to_run(task),
            per_test_s=task.per_test_s,
            deadline_s=task.deadline_s * SURVEY_SHARE,
            progress=progress,
        )
        deadline_s = task.deadline_s * SIBLINGS_SHARE
        targets = task.request.target.tests
        return await with_siblings(task.session, survey, targets, per_test_s=task.per_test_s, deadline_s=deadline_s)

    async def localise(self, task: PlanningTask, survey: Survey, progress: ReportProgress) -> Planned:
        """Where the failures may come from: one step for each cause that the traces tell apart."""
        await progress(Progress(message=f"looking for the cause of {_count(len(survey.failing), 'failing test')}"))
        deadline_s = task.deadline_s * TRACE_SHARE
        baseline = await trace(task.session, survey, deadline_s=deadline_s, per_test_s=task.per_test_s)
        steps = self._steps(survey, baseline)
        suspects = [suspect for step in steps for suspect in step.suspects]
        names = [each.test for each in survey.failing]
        return Planned(
            plan=Plan(summary=_summary(survey, steps), steps=steps, risks=_risks(survey, steps)),
            per_test_s=survey.per_test_s,
            baseline=baseline,
            survey=survey.report,
            test_findings=await findings_of_failures(task.copy, survey.failing, survey.report.tool),
            suspect_findings=await findings_of_suspects(task.copy, _ranked(suspects), names),
        )

    def relocate(self, step: PlanStep, baseline: TestReport) -> PlanStep:
        """The step with its suspects ranked anew: after a restart the copy may be of newer texts."""
        if not step.tests:
            return step
        suspects = self._suspects(step.tests, baseline)
        return step.model_copy(update={"suspects": suspects, "files": _files(suspects)})

    async def _tests_to_run(self, task: PlanningTask) -> Sequence[str]:
        target = task.request.target
        if target.tests:
            return target.tests
        if target.path is None:
            return task.targets
        own = await task.session.collect([target.path])
        if own.not_run or own.collection_errors:
            return [target.path]
        collected = await task.session.collect(task.targets)
        files = list(dict.fromkeys(test_file(test) for test in collected.not_run))
        return await self._context.affected_tests(task.copy, [target.path], files) or task.targets

    def _steps(self, survey: Survey, baseline: TestReport) -> list[PlanStep]:
        """One step for each file that is to blame first; the largest groups of tests come first."""
        causes = self._causes(survey.failing, baseline)
        groups: dict[str, list[TestResult]] = defaultdict(list)
        for result in survey.failing:
            groups[causes.get(result.test) or _sibling_cause(result.test, causes)].append(result)
        largest = sorted(groups.values(), key=len, reverse=True)[:MOST_STEPS]
        return [self._step(f"s{number}", group, baseline) for number, group in enumerate(largest, start=1)]

    def _step(self, step_id: str, group: Sequence[TestResult], baseline: TestReport) -> PlanStep:
        tests = [each.test for each in group]
        suspects = self._suspects(tests, baseline)
        return PlanStep(id=step_id, title=_title(tests), files=_files(suspects), tests=tests, suspects=suspects)

    def _causes(self, failing: Sequence[TestResult], baseline: TestReport) -> dict[str, str]:
        """For the failing tests of which the traces tell something: the file that is to blame first."""
        suspects = {each.test: self._suspects([each.test], baseline) for each in failing[:RANKED_APART]}
        return {test: ranked[0].path for test, ranked in suspects.items() if ranked}

    def _suspects(self, tests: Sequence[str], baseline: TestReport) -> list[Suspect]:
        """Ranked by these failures alone, against all tests that pass."""
        wanted = set(tests)
        results = {
            name: each for name, each in baseline.results.items() if name in wanted or each.outcome is Outcome.PASSED
        }
        errors = tuple(each for each in baseline.collection_errors if each.test in wanted)
        return self._context.suspects(replace(baseline, results=results, collection_errors=errors), SUSPECTS_OF_A_STEP)


def _plan_for_a_finding(task: PlanningTask) -> Planned:
    target = task.request.target
    path, span = target.path or "", target.range
    line = 0 if span is None else span.start.line
    step = PlanStep(id="s1", title=f"resolve the finding at {path}:{line + 1}", files=[path], range=span)
    nothing = TestReport(results={})
    plan = Plan(summary=f"Resolve the finding at {path}:{line + 1}.", steps=[step])
    return Planned(plan=plan, per_test_s=task.per_test_s, baseline=nothing, survey=nothing)


def _sibling_cause(test: str, causes: Mapping[str, str]) -> str:
    """A test that was not traced (one of many that hang, say) most likely fails as those of its file do."""
    siblings = Counter(cause for other, cause in causes.items() if test_file(other) == test_file(test))
    return siblings.most_common(1)[0][0] if siblings else test_file(test)


def _ranked(suspects: Sequence[Suspect]) -> list[Suspect]:
    best: dict[tuple[str, int], Suspect] = {}
    for suspect in suspects:
        place = (suspect.path, suspect.line)
        if place not in best or best[place].score < suspect.score:
            best[place] = suspect
    return sorted(best.values(), key=lambda each: -each.score)


def _files(suspects: Sequence[Suspect]) -> list[str]:
    return list(dict.fromkeys(each.path for each in suspects))[:FILES_OF_A_STEP]


def _title(tests: Sequence[str]) -> str:
    more = f" and {len(tests) - 1} more" if len(tests) > 1 else ""
    return f"make {tests[0]}{more} pass"


def _summary(survey: Survey, steps: Sequence[PlanStep]) -> str:
    total = len(survey.report.results) + len(survey.report.collection_errors)
    places = list(dict.fromkeys(path for step in steps for path in step.files[:1]))
    where = f" Looked at first: {', '.join(places)}." if places else ""
    return f"{len(survey.failing)} of {_count(total, 'test')} fail.{where}"


def _risks(survey: Survey, steps: Sequence[PlanStep]) -> list[str]:
    risks = []
    if survey.report.not_run:
        risks.append(
            f"{_count(len(survey.report.not_run), 'test')} did not run in the time allowed and may fail as well."
        )
    if any(not step.suspects for step in steps):
        risks.append("No line could be blamed for some of the failures.")
    left_out = len(survey.failing) - sum(len(step.tests) for step in steps)
    if left_out > 0:
        risks.append(f"{_count(left_out, 'failing test')} of other causes are left for another run.")
    return risks


def _all_pass(survey: Survey) -> str:
    passing = len(survey.passing)
    left_out = len(survey.report.not_run)
    rest = f" ({left_out} did not run in the time allowed)" if left_out else ""
    if passing == 0:
        return f"No test fails{rest}: nothing to repair."
    return f"{'The only test passes' if passing == 1 else f'All {passing} tests pass'}{rest}: nothing to repair."


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"

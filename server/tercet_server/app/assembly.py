"""Puts the daemon together: every port gets its implementation here and nowhere else."""

import asyncio
import logging
import os
from collections.abc import Sequence
from contextlib import AsyncExitStack
from dataclasses import replace
from functools import partial
from pathlib import Path

from tercet_shared.daemon import Diagnosis, Grade
from tercet_shared.discovery import installed_version
from tercet_shared.errors import SandboxUnavailable

from tercet_server import sandbox as sandboxes
from tercet_server.agents import Explainer, IntentModel, ModelPlanner, Reviewer
from tercet_server.api import Services
from tercet_server.app.doctor import Doctor
from tercet_server.app.model_reports import diagnose_models, report_models
from tercet_server.app.no_sandbox import NoSandbox
from tercet_server.checks import CheckRunner, WorkspaceTests
from tercet_server.config import Settings
from tercet_server.context import CodeService, JediAnalysis, PythonContext
from tercet_server.ledger import SqlLedger
from tercet_server.models import Gateway, open_gateway
from tercet_server.ports import CodeBase, Limits, Proposer, Sandbox
from tercet_server.proposers import (
    CharacteriseProposer,
    DocumentationProposer,
    ModelProposer,
    NearMissProposer,
    RepairProposer,
    RulesProposer,
)
from tercet_server.runs import (
    Applier,
    EventHub,
    FindingBoard,
    Learning,
    Places,
    RunParts,
    RunService,
    SystemClock,
    Understanding,
)
from tercet_server.workspace import WorkspaceService

LOG = logging.getLogger(__name__)

LEDGER_NAME = "ledger.sqlite"
WORKFLOWS_NAME = "workflows.sqlite"
STATE_NAME = "workspaces"
CACHE_NAME = "cache"
INDEX_NAME = "index"
ANALYSIS_NAME = "jedi"
TOOLS_NAME = "tools"

BYTES_PER_MB = 1024 * 1024


async def assemble(settings: Settings, home: Path, problems: Sequence[str]) -> Services:
    """Opens everything, settles what a killed daemon left behind, and hands out what the endpoints need."""
    opened = AsyncExitStack()
    try:
        return await _assemble(settings, home, problems, opened)
    except BaseException:
        await opened.aclose()
        raise


async def _assemble(settings: Settings, home: Path, problems: Sequence[str], opened: AsyncExitStack) -> Services:
    clock, hub = SystemClock(), EventHub()
    ledger = await SqlLedger.open(home / LEDGER_NAME, clock, on_commit=hub.publish)
    opened.push_async_callback(ledger.close)
    workspaces = WorkspaceService(home / STATE_NAME, home / CACHE_NAME, settings, os.environ)
    await workspaces.sweep()
    sandbox, why_not = await _sandbox(settings)
    opened.push_async_callback(sandbox.close)
    desk = sandboxes.SandboxService(settings.sandbox, sandbox)
    opened.push_async_callback(desk.close)
    await ledger.settle_lost_calls()
    gateway = await asyncio.to_thread(open_gateway, settings, ledger, os.environ)
    code = _code(home, workspaces, opened)
    tests = _tests(settings, sandbox, home)
    parts = _parts(settings, ledger, workspaces, tests, hub, _proposers(settings, gateway, code))
    learning = Learning(ledger, ledger, workspaces)
    parts = _with_minds(parts, learning, code, gateway)
    opened.push_async_callback(parts.board.close)
    applier = Applier(ledger, workspaces, parts.board, clock)
    opened.push_async_callback(applier.close)
    await applier.recover()
    runs = await RunService.open(home / WORKFLOWS_NAME, settings, parts)
    opened.push_async_callback(runs.close)
    await runs.recover()
    doctor = Doctor(
        settings=settings,
        problems=[*problems, *ledger.problems],
        home=home,
        version=installed_version(),
        survey=partial(sandboxes.survey, settings.sandbox),
        chosen=_diagnosis(sandbox, why_not),
        workspace=workspaces.get,
        models=lambda: diagnose_models(gateway),
    )
    models = partial(report_models, gateway, ledger, settings.budget, clock)
    return Services(
        ledger,
        hub,
        workspaces,
        runs,
        applier,
        parts.board,
        code,
        learning,
        desk,
        doctor.report,
        models,
        opened.aclose,
    )


def _parts(
    settings: Settings,
    ledger: SqlLedger,
    workspaces: WorkspaceService,
    tests: WorkspaceTests,
    hub: EventHub,
    proposers: Sequence[Proposer],
) -> RunParts:
    sandbox, context = tests.sandbox, PythonContext()
    checker = CheckRunner(sandbox, tests, context, tests.limits, tests.caches)
    return RunParts(
        ledger=ledger,
        workspaces=workspaces,
        tests=tests,
        checker=checker,
        context=context,
        proposers=proposers,
        board=FindingBoard(hub, workspaces, checker),
        clock=SystemClock(),
        isolation=sandbox.isolation,
    )


def _code(home: Path, workspaces: WorkspaceService, opened: AsyncExitStack) -> CodeService:
    analysis = JediAnalysis(home / CACHE_NAME / ANALYSIS_NAME)
    opened.push_async_callback(analysis.close)
    code = CodeService(home / CACHE_NAME / INDEX_NAME, workspaces, analysis)
    opened.push_async_callback(code.close)
    return code


def _with_minds(parts: RunParts, learning: Learning, code: CodeBase, gateway: Gateway | None) -> RunParts:
    """What explains, remembers and, where a model is configured, plans and reviews."""
    sorting = None if gateway is None else IntentModel(gateway)
    understanding = Understanding(Places(code, parts.workspaces), sorting)
    parts = replace(parts, explainer=Explainer(code, gateway), learning=learning, understanding=understanding)
    if gateway is None:
        return parts
    return replace(parts, planner=ModelPlanner(gateway, code), reviewer=Reviewer(gateway))


def _tests(settings: Settings, sandbox: Sandbox, home: Path) -> WorkspaceTests:
    limits = Limits(
        memory_bytes=settings.sandbox.memory_mb * BYTES_PER_MB,
        processes=settings.sandbox.processes,
        disk_bytes=settings.sandbox.disk_mb * BYTES_PER_MB,
    )
    return WorkspaceTests(sandbox, home / CACHE_NAME / TOOLS_NAME, limits)


def _proposers(settings: Settings, gateway: Gateway | None, code: CodeBase) -> list[Proposer]:
    """Those that the settings allow; a model's only if one is configured."""
    allowed, models = settings.run.proposers, settings.models
    proposers: list[Proposer] = [RulesProposer(), CharacteriseProposer(), DocumentationProposer(), RepairProposer()]
    if gateway is not None:
        model = ModelProposer(gateway, code, preferred=models.prefer)
        proposers += [model, NearMissProposer(model.cost + 1)]
    return [each for each in proposers if each.name in allowed]


async def _sandbox(settings: Settings) -> tuple[Sandbox, SandboxUnavailable | None]:
    """The strongest sandbox there is; or one that refuses everything, with the reason, so that all else still works."""
    try:
        return await sandboxes.choose(settings.sandbox), None
    except SandboxUnavailable as error:
        LOG.warning("no sandbox: %s", error.sentence)
        return NoSandbox(error), error


def _diagnosis(sandbox: Sandbox, why_not: SandboxUnavailable | None) -> Diagnosis:
    if why_not is not None:
        return Diagnosis(topic="sandbox", grade=Grade.MISSING, found="none meets the minimum", advice=why_not.sentence)
    return Diagnosis(topic="sandbox", grade=Grade.OK, found=f"{sandbox.name} is used, isolation: {sandbox.isolation}")

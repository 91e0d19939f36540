"""Durable workflows: a run is carried step by step, and after `kill -9` only the step in flight is done again.

dbos is imported and configured here alone. Its database is a file beside the ledger; what it holds is only which steps of
which run are done. Losing it loses no run: an unknown run is carried from its first step, and every write is keyed.
"""

import asyncio
import importlib
import logging
from collections.abc import Awaitable, Callable, Coroutine
from concurrent.futures import ThreadPoolExecutor
from enum import StrEnum
from pathlib import Path
from types import ModuleType
from typing import Any, Self, TypeVar

import sqlalchemy as sa
from pydantic import BaseModel
from sqlalchemy.event import listens_for
from tercet_shared.errors import TercetError, by_code
from tercet_shared.ids import RunId

Model = TypeVar("Model", bound=BaseModel)
Carry = Callable[[RunId, int], Coroutine[Any, Any, None]]
"""Carries a round of a run; see `Run.round`."""

SHAPE = "1"
"""The version of the workflows' shape: the names and order of their steps. Runs of another shape are not resumed."""

EXECUTOR = "daemon"
RESTARTS = 5
"""A run that was under way at so many crashes of the daemon is not resumed again: it may be their cause."""

THREADS = 16
POLL_S = 0.05
"""Only bounds how long closing waits: no run waits for a notification. It costs 0.1 % of a core."""

PRAGMAS = ("journal_mode=WAL", "synchronous=NORMAL", "busy_timeout=30000", "foreign_keys=ON")
"""NORMAL: a power cut may lose the newest steps, which are then done again; the ledger has what must not be lost."""


class Standing(StrEnum):
    """How far the workflow of a run is."""

    UNKNOWN = "unknown"
    UNFINISHED = "unfinished"
    CANCELLED = "cancelled"
    GONE = "gone"
    """It ended, or it is of another shape: nothing carries the run any more."""


class DurableRuns:
    """One in a process. Everything runs in the event loop that opened it; dbos's own work is in threads."""

    def __init__(self, library: ModuleType, carry: Carry) -> None:
        self._library = library
        self._dbos = library.DBOS
        self._loop = asyncio.get_running_loop()
        # After so many restarts dbos gives the workflow up, and `standing` says GONE.
        self._workflow = self._dbos.workflow(name="tercet.run", max_recovery_attempts=RESTARTS)(_workflow_of(carry))

    @classmethod
    async def open(cls, path: Path, carry: Carry) -> Self:
        """Starts dbos on the file at `path`. Unfinished runs are carried on by themselves about a second later."""
        _quiet()
        # Importing it takes a quarter of a second, which only the daemon's start shall pay for.
        library = await asyncio.to_thread(importlib.import_module, "dbos")
        durable = cls(library, carry)
        instance = await asyncio.to_thread(_configured, library, path)
        # Resumed workflows shall run in this loop, but launching blocks, so it happens in a thread, where dbos would not
        # find the loop by itself.
        instance._background_event_loop.set_main_loop()
        await asyncio.to_thread(library.DBOS.launch)
        return durable

    async def start(self, run_id: RunId, number: int = 0) -> None:
        """`number` is the run's round: each is a workflow of its own."""
        with self._library.SetWorkflowID(_workflow_id(run_id, number)):
            await self._dbos.start_workflow_async(self._workflow, run_id, number)

    async def cancel(self, run_id: RunId, number: int = 0) -> None:
        """The workflow will not be resumed. The step in flight goes on: cancel its task too."""
        await self._dbos.cancel_workflow_async(_workflow_id(run_id, number))

    async def standing(self, run_id: RunId, number: int = 0) -> Standing:
        status = await self._dbos.get_workflow_status_async(_workflow_id(run_id, number))
        if status is None:
            return Standing.UNKNOWN
        if status.status == "CANCELLED":
            return Standing.CANCELLED
        resumes = status.status in ("PENDING", "ENQUEUED") and status.app_version == SHAPE
        return Standing.UNFINISHED if resumes else Standing.GONE

    async def step(self, name: str, model: type[Model], work: Callable[[], Awaitable[Model]]) -> Model:
        """The result of `work`, which is done at most once more after a crash. Only inside of a workflow.

        A TercetError is a result like any other: it is raised again when the workflow is resumed.
        """

        async def recorded() -> dict[str, Any]:
            try:
                return {"value": (await work()).model_dump(mode="json")}
            except TercetError as error:
                return {"error": {"code": error.code, "sentence": error.sentence, "data": error.data}}

        record = await self._dbos.run_step_async({"name": name}, recorded)
        if error := record.get("error"):
            raise by_code(error["code"])(error["sentence"], **error["data"])
        return model.model_validate(record["value"])

    async def close(self) -> None:
        """Stops dbos. Workflows still under way stay unfinished and are resumed at the next start."""
        await asyncio.to_thread(self._dbos.destroy, destroy_registry=True)
        # dbos made its own threads the loop's default ones and has just ended them.
        self._loop.set_default_executor(ThreadPoolExecutor(thread_name_prefix="asyncio"))


def _workflow_of(carry: Carry) -> Callable[[str, int], Coroutine[Any, Any, None]]:
    async def workflow(run_id: str, number: int = 0) -> None:
        await carry(RunId(run_id), number)

    return workflow


def _workflow_id(run_id: RunId, number: int) -> str:
    return f"{run_id}.{number}" if number else run_id


def _configured(library: ModuleType, path: Path) -> Any:
    return library.DBOS(
        config={
            "name": "tercet",
            "system_database_engine": _engine(path),
            "system_database_url": f"sqlite:///{path}",
            "application_version": SHAPE,
            "executor_id": EXECUTOR,
            "serializer": library.DBOSPortableJSONSerializer(),
            "enable_otlp": False,
            "log_level": "ERROR",  # it warns of every cancelled task
            "max_executor_threads": THREADS,
            "notification_listener_polling_interval_sec": POLL_S,
        }
    )


def _quiet() -> None:
    """dbos adds a console handler of its own unless it finds one; its warnings go to the daemon's log instead."""
    logger = logging.getLogger("dbos")
    if not logger.handlers:
        logger.addHandler(logging.NullHandler())


def _engine(path: Path) -> sa.Engine:
    engine = sa.create_engine(f"sqlite:///{path}", connect_args={"check_same_thread": False})

    @listens_for(engine, "connect")
    def _configure(connection: Any, _record: object) -> None:
        connection.isolation_level = "IMMEDIATE"
        for pragma in PRAGMAS:
            connection.execute(f"PRAGMA {pragma}")

    return engine

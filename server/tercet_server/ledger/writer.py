"""The ledger's one writer: a thread that commits whatever is waiting as one group. Knows nothing of what is written.

Each unit of work runs in its own savepoint, so one that raises leaves the others' work whole. Nobody hears of success
before the group is on disk, and listeners hear of it in the order of the commits.
"""

import asyncio
import queue
import threading
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Any, TypeVar

import sqlalchemy as sa

from tercet_server.ledger.faults import ends_transaction

Result = TypeVar("Result")
GROUP_LIMIT = 256
"""Units of work in one commit at most: bounds how long a single one waits."""


@dataclass(frozen=True)
class _Unit:
    work: Callable[[sa.Connection], Any]
    committed: Callable[[], None]
    future: "Future[Any]"


class GroupWriter:
    """Runs units of work in order on one connection. `translate` turns database errors into the caller's."""

    def __init__(self, engine: sa.Engine, translate: Callable[[BaseException], BaseException]) -> None:
        self._engine = engine
        self._translate = translate
        self._waiting: queue.SimpleQueue[_Unit | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._serve, name="tercet-ledger-writer", daemon=True)
        self._thread.start()

    async def write(self, work: Callable[[sa.Connection], Result], committed: Callable[[], None]) -> Result:
        """The result of `work`, once committed; a caller who is cancelled meanwhile does not undo the write.

        `committed` is called in the writer's thread after the commit, whether or not anybody still waits.
        """
        future: Future[Result] = Future()
        self._waiting.put(_Unit(work, committed, future))
        return await asyncio.shield(asyncio.wrap_future(future))

    def close(self) -> None:
        """Commits what is waiting and ends the thread. Blocks."""
        self._waiting.put(None)
        self._thread.join()

    def _serve(self) -> None:
        open_for_more = True
        while open_for_more:
            group, open_for_more = self._next_group()
            if group:
                self._commit(group)

    def _next_group(self) -> tuple[list[_Unit], bool]:
        group: list[_Unit] = []
        unit = self._waiting.get()
        while unit is not None:
            group.append(unit)
            if len(group) == GROUP_LIMIT:
                return group, True
            try:
                unit = self._waiting.get_nowait()
            except queue.Empty:
                return group, True
        return group, False

    def _commit(self, group: list[_Unit]) -> None:
        outcomes: list[tuple[_Unit, Any, BaseException | None]] = []
        try:
            with self._engine.begin() as connection:
                outcomes = [self._attempt(connection, unit) for unit in group]
        except Exception as error:  # noqa: BLE001  # the edge of the thread: every waiting caller is told
            fault = self._translate(error)
            outcomes = [(unit, None, fault) for unit in group]
        for unit, result, failure in outcomes:
            if failure is None:
                unit.committed()
            _resolve(unit.future, result, failure)

    def _attempt(self, connection: sa.Connection, unit: _Unit) -> tuple[_Unit, Any, BaseException | None]:
        savepoint = connection.begin_nested()
        try:
            result = unit.work(connection)
            savepoint.commit()
        except Exception as error:
            if ends_transaction(error):
                raise
            savepoint.rollback()
            return unit, None, self._translate(error)
        return unit, result, None


def _resolve(future: "Future[Any]", result: Any, failure: BaseException | None) -> None:
    if failure is None:
        future.set_result(result)
    else:
        future.set_exception(failure)

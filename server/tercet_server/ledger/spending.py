"""What language models cost, call by call: reservations under caps, settlements, sums. Blocks; one transaction each."""

import statistics
from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime

import sqlalchemy as sa
from tercet_shared.errors import BudgetExceeded

from tercet_server.ledger import schema
from tercet_server.ports import CallId, CallOutcome, Caps, ModelUsage, PlannedCall, Usage

CALLS = schema.model_calls.c
ANSWERED = "answered"
LOST = "lost"


def reserve(connection: sa.Connection, now: datetime, call: PlannedCall, caps: Caps) -> None:
    """See `ports.Spending`. Runs in the one writer's transaction, so no other reservation comes in between."""
    _check_caps(connection, now, call, caps)
    connection.execute(
        schema.model_calls.insert().values(
            id=call.id,
            run_id=call.run_id,
            workspace_id=call.workspace_id,
            duty=call.duty,
            model=call.model,
            tokens=call.tokens,
            cost_usd=call.cost_usd,
            priced=call.priced,
            created_at=now,
        )
    )


def settle(connection: sa.Connection, now: datetime, call_id: CallId, outcome: CallOutcome) -> None:
    """See `ports.Spending`."""
    usage = outcome.usage
    connection.execute(
        schema.model_calls.update()
        .where(CALLS.id == call_id, CALLS.settled_at.is_(None))
        .values(
            settled_at=now,
            ending=outcome.ending,
            tokens=usage.input_tokens + usage.output_tokens,
            cost_usd=usage.cost_usd,
            input_tokens=usage.input_tokens,
            output_tokens=usage.output_tokens,
            cached_tokens=usage.cached_tokens,
            first_token_s=outcome.first_token_s,
            duration_s=outcome.duration_s,
        )
    )


def settle_lost(connection: sa.Connection, now: datetime) -> int:
    """See `ports.Spending`. Nobody knows what the vendor charges for them, so they keep what they reserved."""
    lost = schema.model_calls.update().where(CALLS.settled_at.is_(None)).values(settled_at=now, ending=LOST)
    return connection.execute(lost).rowcount


def usage(connection: sa.Connection, since: datetime) -> list[ModelUsage]:
    """See `ports.Spending`."""
    by_model: dict[str, list[schema.Row]] = defaultdict(list)
    for row in connection.execute(sa.select(schema.model_calls).where(CALLS.created_at >= since)):
        by_model[row.model].append(row)
    used = [_usage_of(model, rows) for model, rows in by_model.items()]
    return sorted(used, key=lambda each: (-each.usage.cost_usd, each.model))


def _check_caps(connection: sa.Connection, now: datetime, call: PlannedCall, caps: Caps) -> None:
    today = CALLS.created_at >= now.replace(hour=0, minute=0, second=0, microsecond=0)
    of_run, of_workspace = CALLS.run_id == call.run_id, CALLS.workspace_id == call.workspace_id
    for name, spent, cap in (
        ("run_usd", _sum(connection, CALLS.cost_usd, of_run), caps.run_usd),
        ("day_usd", _sum(connection, CALLS.cost_usd, today), caps.day_usd),
        ("workspace_day_usd", _sum(connection, CALLS.cost_usd, today, of_workspace), caps.workspace_day_usd),
    ):
        if spent + call.cost_usd > cap:
            raise BudgetExceeded(
                f"{call.model} was not asked: the call could cost up to ${call.cost_usd:.4f}, and of budget.{name}"
                f" (${cap:g}) only ${max(0.0, cap - spent):.4f} is left. Raise it in your configuration file, or wait."
            )
    tokens = int(_sum(connection, CALLS.tokens, of_run))
    if tokens + call.tokens > caps.run_tokens:
        raise BudgetExceeded(
            f"{call.model} was not asked: the call could use up to {call.tokens} tokens, and of budget.run_tokens"
            f" ({caps.run_tokens}) only {max(0, caps.run_tokens - tokens)} are left. Raise it in your configuration file."
        )


def _sum(connection: sa.Connection, column: sa.Column[float], *where: sa.ColumnElement[bool]) -> float:
    return float(connection.execute(sa.select(sa.func.coalesce(sa.func.sum(column), 0)).where(*where)).scalar_one())


def _usage_of(model: str, rows: Sequence[schema.Row]) -> ModelUsage:
    answered = [row for row in rows if row.ending == ANSWERED]
    total = Usage(
        sum(row.input_tokens or 0 for row in rows),
        sum(row.output_tokens or 0 for row in rows),
        sum(row.cached_tokens or 0 for row in rows),
        sum(row.cost_usd for row in rows),
    )
    firsts = [row.first_token_s for row in answered if row.first_token_s is not None]
    durations = sorted(row.duration_s for row in answered)
    return ModelUsage(
        model=model,
        calls=len(rows),
        answered=len(answered),
        usage=total,
        first_token_s_median=statistics.median(firsts) if firsts else None,
        duration_s_median=statistics.median(durations) if durations else None,
        duration_s_p95=durations[min(len(durations) - 1, int(0.95 * len(durations)))] if durations else None,
    )

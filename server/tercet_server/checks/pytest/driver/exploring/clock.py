"""Another time and day: what comes out the same under it does not depend on when it is run."""

from __future__ import annotations

import datetime
import time
from typing import Any

SHIFT_S = 1000 * 86400 + 12345


def shift() -> None:
    """For the rest of the process, and for modules imported from now on."""
    real_time, real_localtime, real_gmtime, real_strftime = time.time, time.localtime, time.gmtime, time.strftime
    time.time = lambda: real_time() + SHIFT_S
    time.time_ns = lambda: int(time.time() * 1e9)
    time.localtime = lambda seconds=None: real_localtime(time.time() if seconds is None else seconds)
    time.gmtime = lambda seconds=None: real_gmtime(time.time() if seconds is None else seconds)
    time.strftime = lambda form, moment=None: real_strftime(form, time.localtime() if moment is None else moment)
    real_date: Any = datetime.date
    real_datetime: Any = datetime.datetime
    by = datetime.timedelta(seconds=SHIFT_S)

    class Kind(type):
        def __instancecheck__(cls, instance: Any) -> bool:
            return isinstance(instance, real_datetime if issubclass(cls, real_datetime) else real_date)

    class ShiftedDate(datetime.date, metaclass=Kind):
        @classmethod
        def today(cls) -> Any:
            moment = real_datetime.now() + by
            return cls(moment.year, moment.month, moment.day)

    class ShiftedDatetime(datetime.datetime, metaclass=Kind):
        @classmethod
        def now(cls, tz: Any = None) -> Any:
            return _as(cls, real_datetime.now(tz) + by)

        @classmethod
        def utcnow(cls) -> Any:
            return _as(cls, real_datetime.utcnow() + by)

        @classmethod
        def today(cls) -> Any:
            return cls.now()

    for shifted, name in ((ShiftedDate, "date"), (ShiftedDatetime, "datetime")):
        shifted.__name__ = shifted.__qualname__ = name
        shifted.__module__ = "datetime"
        setattr(datetime, name, shifted)


def _as(kind: Any, moment: Any) -> Any:
    return kind(
        moment.year, moment.month, moment.day, moment.hour, moment.minute, moment.second, moment.microsecond,
        tzinfo=moment.tzinfo, fold=moment.fold,
    )  # fmt: skip

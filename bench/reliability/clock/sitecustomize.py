"""A process whose wall clock is off by BENCH_CLOCK_OFFSET seconds; Python reads this file at its start.

It is done here and not in the C library: shifting the clock there also breaks waits with a time limit. What
the kernel stamps, such as the times of files, stays right, as on a machine that mounts the disk of another.
"""

from __future__ import annotations

import datetime
import os
import time
from typing import Any

OFFSET = float(os.environ.get("BENCH_CLOCK_OFFSET", "0"))

_time, _time_ns = time.time, time.time_ns
_datetime: type[Any] = datetime.datetime


def _shifted_time() -> float:
    return _time() + OFFSET


def _shifted_time_ns() -> int:
    return _time_ns() + int(OFFSET * 1e9)


class _AnyDatetime(type):
    """What C code makes is an instance too."""

    def __instancecheck__(cls, instance: object) -> bool:
        return isinstance(instance, _datetime)

    def __subclasscheck__(cls, other: type) -> bool:
        return issubclass(other, _datetime)


class _ShiftedDatetime(datetime.datetime, metaclass=_AnyDatetime):
    @classmethod
    def now(cls, tz: Any = None) -> Any:
        """The shifted time."""
        return _datetime.fromtimestamp(_shifted_time(), tz)

    @classmethod
    def utcnow(cls) -> Any:
        """The shifted time."""
        return cls.now(datetime.UTC).replace(tzinfo=None)

    @classmethod
    def today(cls) -> Any:
        """The shifted time."""
        return cls.now()


if OFFSET:
    setattr(time, "time", _shifted_time)  # noqa: B010 - a checker knows better than to let us assign
    setattr(time, "time_ns", _shifted_time_ns)  # noqa: B010
    setattr(datetime, "datetime", _ShiftedDatetime)  # noqa: B010

"""When a pipeline runs by itself; apart from the other settings, since few files import `datetime` for them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Annotated

from ..contracts.component import About, Settings
from ..errors import UsageError
from ..names import check_name
from .cron import read_cron


def _schedule_name(text: str) -> str:
    try:
        return check_name(text, "schedule")
    except UsageError as error:
        raise ValueError(f"{text!r} is no name: {error.hint}") from None


def _zoned(moment: datetime) -> datetime:
    return moment if moment.tzinfo else moment.astimezone()


class Schedule(Settings):
    """When a pipeline runs by itself: by cron expression, at an interval from a start, or once.

    A time without a zone is one of this machine's; a cron expression is read in the zone of whatever runs it.
    """

    name: Annotated[str | None, About("The pipeline's by default.", then=_schedule_name)] = None
    cron_expression: Annotated[str | None, About("Five fields, or a macro such as @daily.", then=read_cron)] = None
    start_time: Annotated[datetime | None, About(then=_zoned)] = None
    end_time: Annotated[datetime | None, About(then=_zoned)] = None
    interval_second: Annotated[timedelta | None, About("A timedelta, or seconds.")] = None
    catchup: Annotated[bool, About("Run what was due while the scheduler was down.")] = False
    run_once_start_time: Annotated[datetime | None, About(then=_zoned)] = None

    def conflicts(self) -> Iterator[str]:
        """Yield what is missing, given twice or out of order."""
        given = [self.cron_expression, self.interval_second, self.run_once_start_time]
        if sum(value is not None for value in given) != 1:
            yield "give one of cron_expression, interval_second and run_once_start_time"
        if self.interval_second is not None:
            if self.start_time is None:
                yield "interval_second needs start_time"
            if self.interval_second <= timedelta(0):
                yield "interval_second must be more than no time"
        if self.start_time and self.end_time and self.end_time <= self.start_time:
            yield "end_time must come after start_time"

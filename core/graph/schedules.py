"""Schedules as their users see them: what the platform has, with what the store knows of each."""

from __future__ import annotations

from datetime import datetime, timezone
from functools import cached_property
from typing import TYPE_CHECKING, Literal

from ..contracts.component import Settings
from ..contracts.schedules import SchedulingOrchestrator
from ..dataclass import dataclass
from ..errors import NotFoundError, UsageError
from ..names import did_you_mean
from ..records.removal import delete_schedule
from ..records.schedules import read_schedules
from ..sdk.schedule import Schedule

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ..contracts.schedules import PlatformSchedules, ScheduleState
    from ..errors import PodiumError
    from ..records.schedules import ScheduleRecord
    from ..stacks.stack import Stack


@dataclass(frozen=True, slots=True)
class KnownSchedule:
    """One schedule of a stack; `platform` is None where the platform has lost it, `record` where the store has."""

    id: str
    name: str
    handle: str
    platform: ScheduleState | None
    record: ScheduleRecord | None
    asked_everywhere: bool

    @property
    def state(self) -> Literal["active", "paused", "ended", "orphan", "missing", "unknown"]:
        """How it stands: an `orphan` is not in the store, so that its runs fail; a `missing` one never fires.

        It is `unknown` when it may be where the platform could not be asked.
        """
        if self.platform is None:
            return "missing" if self.asked_everywhere else "unknown"
        if self.record is None:
            return "orphan"
        if self.platform.paused:
            return "paused"
        if self.platform.next is not None:
            return "active"
        return "missing" if self.platform.trouble else "ended"


class Schedules:
    """The schedules of one stack, to be closed after use."""

    def __init__(self, stack: Stack) -> None:
        """Raise UsageError for a stack whose orchestrator has no schedules."""
        orchestrator = stack.orchestrator
        if not isinstance(orchestrator, SchedulingOrchestrator):
            raise UsageError(
                f"orchestrator flavor {orchestrator.flavor!r} of stack {stack.name!r} has no schedules",
                hint="use a stack whose orchestrator has: podium orchestrator flavor list",
            )
        self._orchestrator: SchedulingOrchestrator[Settings] = orchestrator
        self.store = stack.artifact_store
        record = stack.records["orchestrator"]
        self._platform = (record.name, record.flavor)
        self.close = orchestrator.close

    @cached_property
    def _found(self) -> PlatformSchedules:
        return self._orchestrator.schedules()

    @property
    def away(self) -> Sequence[PodiumError]:
        """Why parts of the platform could not be asked at the first look."""
        return self._found.away

    @cached_property
    def all(self) -> list[KnownSchedule]:
        """Every schedule as it was at the first look, the newest first."""
        states = {state.id: state for state in self._found.states}
        records = {record.id: record for record in read_schedules(self.store)}
        ours = {record.id for record in records.values() if record.platform == self._platform}
        return [
            _known(states.get(schedule_id), records.get(schedule_id), asked_everywhere=not self.away)
            for schedule_id in sorted({*states, *ours}, reverse=True)
        ]

    def named(self, wanted: str) -> KnownSchedule:
        """Return the one with this name or id; raise NotFoundError when there is none, UsageError for several."""
        found = [schedule for schedule in self.all if wanted in {schedule.name, schedule.id}]
        return self._only(wanted, found)

    def starting(self, wanted: str) -> KnownSchedule:
        """Return the one with this name or id, else the only one with either beginning so; raises as `named` does."""
        exact = [schedule for schedule in self.all if wanted in {schedule.name, schedule.id}]
        close = [
            schedule for schedule in self.all if schedule.name.startswith(wanted) or schedule.id.startswith(wanted)
        ]
        return self._only(wanted, exact or close)

    def pause(self, schedule: KnownSchedule, *, paused: bool) -> None:
        """Keep it from firing, or let it fire again."""
        self._orchestrator.pause(schedule.handle, paused=paused)

    def update(self, schedule: KnownSchedule, cron: str) -> None:
        """Have it fire by another expression, between the same times."""
        platform = schedule.platform
        changed = Schedule(
            cron_expression=cron,
            start_time=_moment(platform.start) if platform else None,
            end_time=_moment(platform.end) if platform else None,
        )
        self._orchestrator.reschedule(schedule.handle, changed)

    def delete(self, schedule: KnownSchedule) -> None:
        """Remove it from the platform, then from the store; runs of it stay."""
        try:
            self._orchestrator.unschedule(schedule.handle)
        except NotFoundError:
            if schedule.platform:
                raise  # else it was on a host that the orchestrator no longer goes to
        if schedule.record:
            delete_schedule(self.store, schedule.id)

    def _only(self, wanted: str, found: list[KnownSchedule]) -> KnownSchedule:
        if len(found) == 1:
            return found[0]
        if found:
            ids = ", ".join(schedule.id for schedule in found)
            raise UsageError(f"{wanted!r} fits {len(found)} schedules", hint=f"name one by its id: {ids}")
        hint = did_you_mean(wanted, [schedule.name for schedule in self.all])
        raise NotFoundError(f"there is no schedule {wanted!r}", hint=hint or "podium pipeline schedule list")


def _known(state: ScheduleState | None, record: ScheduleRecord | None, *, asked_everywhere: bool) -> KnownSchedule:
    known = state or record
    assert known is not None
    return KnownSchedule(known.id, known.name, known.handle, state, record, asked_everywhere)


def _moment(seconds: float | None) -> datetime | None:
    return None if seconds is None else datetime.fromtimestamp(seconds, timezone.utc)

"""A schedule as a row and as an object to print."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..core.errors import NotFoundError
from ..core.records.reader import read_run
from .run_view import iso

if TYPE_CHECKING:
    from ..core.contracts.artifact_store import ArtifactStore
    from ..core.graph.schedules import KnownSchedule
    from ..core.spec import JSON


def schedule_row(schedule: KnownSchedule) -> dict[str, JSON]:
    """Return what `list` shows; `last_run` is the id of the latest run that it started."""
    platform, record = schedule.platform, schedule.record
    runs = [firing.run_id for firing in platform.firings if firing.run_id] if platform else []
    return {
        "name": schedule.name,
        "pipeline": record.pipeline if record else None,
        "state": schedule.state,
        "cron": (platform.cron or None) if platform else None,
        "once": iso(platform.once) if platform else None,
        "zone": platform.zone if platform else None,
        "next": iso(platform.next) if platform else None,
        "last_run": runs[0] if runs else None,
    }


def describe_schedule(schedule: KnownSchedule) -> dict[str, JSON]:
    """Return everything that is known of a schedule but its firings."""
    platform, record = schedule.platform, schedule.record
    return {
        "id": schedule.id,
        **schedule_row(schedule),
        "start": iso(platform.start) if platform else None,
        "end": iso(platform.end) if platform else None,
        "trouble": (platform.trouble or None) if platform else None,
        "handle": schedule.handle,
        "stack": str(record.stack["name"]) if record else None,
        "user": record.user if record else None,
        "created": iso(record.created) if record else None,
    }


def describe_firings(schedule: KnownSchedule, store: ArtifactStore) -> list[dict[str, JSON]]:
    """Return the latest turns, newest first, with the states of their runs; one that was never recorded has none."""
    firings = schedule.platform.firings if schedule.platform else ()
    return [
        {
            "at": iso(firing.at),
            "run": firing.run_id or None,
            "state": _state(firing.run_id, store) if firing.run_id else None,
            "reason": firing.reason or None,
        }
        for firing in firings
    ]


def _state(run_id: str, store: ArtifactStore) -> str | None:
    try:
        return read_run(store, run_id).state
    except NotFoundError:
        return None

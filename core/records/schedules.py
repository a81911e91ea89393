"""What the store knows of schedules: all that each firing needs to record a run of its own.

    schedules/<schedule id>/schedule.json      the record below
    schedules/<schedule id>/graph.<digest>     the GraphDocument of every run

When a schedule fires, and whether it is paused, only its platform knows.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from ..dataclass import asdict, dataclass, field
from ..errors import NotFoundError
from ..spec import JSON
from .documents import CodeReference, decode, encode

if TYPE_CHECKING:
    from ..contracts.artifact_store import ArtifactStore


@dataclass(frozen=True, slots=True, kw_only=True)
class ScheduleRecord:
    """One schedule; `created` is seconds since the epoch, `schedule` its fields as they were first given.

    `handle` is what its platform knows it by. `run_name` is the template of its runs' names, which `substitutions` and
    the time of each fill. `stack` is the snapshot that runs record; `graph` the digest of the graph document.
    """

    id: str
    name: str
    handle: str
    pipeline: str
    created: float
    user: str
    host: str
    stack: Mapping[str, JSON]
    code: CodeReference
    schedule: Mapping[str, JSON]
    spec_digest: str
    graph: str
    run_name: str
    substitutions: Mapping[str, str] = field(default_factory=dict)
    enable_cache: bool = True

    @property
    def platform(self) -> tuple[JSON, JSON]:
        """Name and flavor of the orchestrator whose platform has it."""
        orchestrator = self.stack["orchestrator"]
        assert isinstance(orchestrator, dict)
        return orchestrator["name"], orchestrator["flavor"]

    def to_bytes(self) -> bytes:
        """Encode with the format number."""
        return encode(asdict(self))

    @classmethod
    def from_bytes(cls, data: bytes) -> ScheduleRecord:
        """Decode; raise PodiumError when a newer podium wrote it."""
        plain: dict[str, Any] = decode(data, "schedule record")
        return cls(**{**plain, "code": CodeReference(**plain["code"])})


def schedule_folder(schedule_id: str) -> str:
    """Key of all that the store has of a schedule."""
    return f"schedules/{schedule_id}"


def schedule_key(schedule_id: str) -> str:
    """Key of a schedule's record."""
    return f"schedules/{schedule_id}/schedule.json"


def graph_key(schedule_id: str, digest: str) -> str:
    """Key of a schedule's graph document."""
    return f"schedules/{schedule_id}/graph.{digest}"


def read_schedule(store: ArtifactStore, schedule_id: str) -> ScheduleRecord:
    """Return the record; raise NotFoundError when the store has no such schedule."""
    try:
        return ScheduleRecord.from_bytes(store.read(schedule_key(schedule_id)))
    except FileNotFoundError:
        raise NotFoundError(f"there is no schedule {schedule_id} in {store.url}") from None


def read_schedules(store: ArtifactStore) -> list[ScheduleRecord]:
    """Return the records of all schedules in the store, newest first."""
    ids = sorted(store.names("schedules"), reverse=True)
    found = store.read_many([schedule_key(schedule_id) for schedule_id in ids])
    return [ScheduleRecord.from_bytes(data) for data in found if data is not None]

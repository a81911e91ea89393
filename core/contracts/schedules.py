"""What orchestrators can do beside running pipelines at once: have their platform run them by the clock."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from typing import TYPE_CHECKING

from ..dataclass import dataclass
from ..errors import PodiumError
from .component import ConfigT
from .graph_orchestrator import Graph, GraphOrchestrator

if TYPE_CHECKING:
    from ..sdk.schedule import Schedule
    from ..spec import PipelineSpec
    from .container_registry import ContainerRegistry, ContainerRegistryConfig


@dataclass(frozen=True, slots=True)
class Firing:
    """A schedule's turn, in seconds since the epoch: the id of its run, empty if there was none, and why there is none.

    A run that was lost before it was recorded has both.
    """

    at: float
    run_id: str = ""
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ScheduleState:
    """A schedule as its platform has it.

    `id` is podium's, `name` the user's. `cron` is empty for a schedule that fires once. Times are seconds since the
    epoch; `next` is None when it will not fire again, or while it is paused; `zone` is the time zone that `cron` is
    read in. `firings` are the latest ones, newest first. `trouble` is what the platform sees that keeps it from firing.
    """

    id: str
    name: str
    handle: str
    cron: str
    zone: str
    paused: bool
    start: float | None = None
    end: float | None = None
    once: float | None = None
    next: float | None = None
    firings: Sequence[Firing] = ()
    trouble: str = ""


@dataclass(frozen=True, slots=True)
class PlatformSchedules:
    """The schedules that a platform has for a user, and why parts of it, such as hosts, could not be asked."""

    states: Sequence[ScheduleState]
    away: Sequence[PodiumError] = ()


class SchedulingOrchestrator(GraphOrchestrator[ConfigT]):
    """Runs pipelines at once and by the clock."""

    @abstractmethod
    def refuse_schedule(self, schedule: Schedule) -> dict[str, str]:
        """Return each field of a schedule that the platform cannot keep to, and what to do instead; asks nobody."""

    @abstractmethod
    def render_schedule(self, graph: Graph, schedule: Schedule, schedule_id: str, name: str) -> dict[str, str]:
        """Return the documents that `schedule` would install, those of the graph included, by file name."""

    @abstractmethod
    def place_schedule(self, spec: PipelineSpec, schedule_id: str) -> str:
        """Choose where a schedule goes, see that it can fire there, and return its handle; like `place` for runs."""

    @abstractmethod
    def schedule(
        self,
        graph: Graph,
        schedule: Schedule,
        handle: str,
        name: str,
        registry: ContainerRegistry[ContainerRegistryConfig] | None,
    ) -> None:
        """Install a schedule under the handle that `place_schedule` returned, whole or not at all.

        It takes the place of one of the same name that is there already. In the jobs of `graph`, `EACH_RUN` stands for
        the id of the run.
        """

    @abstractmethod
    def schedules(self) -> PlatformSchedules:
        """Return every schedule of podium's that the platform has for this user, whoever installed it.

        Raises PodiumError when none of the platform can be asked.
        """

    @abstractmethod
    def pause(self, handle: str, *, paused: bool) -> None:
        """Keep a schedule from firing, or let it fire again; one that is so already is left alone."""

    @abstractmethod
    def reschedule(self, handle: str, schedule: Schedule) -> None:
        """Change when it fires, and nothing else of it."""

    @abstractmethod
    def unschedule(self, handle: str) -> None:
        """Remove a schedule with its files and secrets; runs that go on do so. One that is gone is no error."""

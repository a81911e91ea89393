"""The contract of orchestrators whose platform walks the graph: a whole run becomes one document of the platform's own.

A flavor translates and gives a few verbs, and has no loop. Its jobs derive what they do from the run's records
(`core/graph`): a step looks into the cache, takes its inputs from what its upstream steps recorded, retries and keeps
its time-out by itself; the last job settles what no step could. So a run needs no process of podium's anywhere, and a
platform needs to do no more than start each job when those before it have exited with 0.

A run on the platform is known by a handle, plain text that is recorded before anything is started, so that any
process on any machine can ask for it again.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping
from typing import TYPE_CHECKING, Literal

from ..dataclass import dataclass, field
from ..spec import JSON, ExecutionMode, PipelineSpec, StepSpec
from .component import ConfigT
from .job_orchestrator import Job, JobStatus
from .orchestrator import Orchestrator

if TYPE_CHECKING:
    from .container_registry import ContainerRegistry, ContainerRegistryConfig

EACH_RUN = "{run id of each firing}"
"""Stands for the run's id in the jobs of a schedule: the platform puts a new UUIDv7 in its place whenever it fires."""
ENDS_FOLDER = "/run/podium/ends"
"""Where a graph's last job finds how the others ended: a file named for each that did, `exit code\\nreason\\noutput`.

The reason is the platform's own, such as `out of memory`, or empty; the output is the end of what the job printed.
"""
GPU_LOCKS_FOLDER = "/run/podium/gpu-locks"
"""Where jobs find the folder of GPU locks that all on their machine share; absent where the platform hands GPUs out."""
HANDLE_VARIABLE = "PODIUM_HANDLE"
"""Environment variable in which the first job of a firing finds the handle of its run."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GraphStep:
    """A step's job, and the names of the jobs that must have exited with 0 before it starts."""

    job: Job
    upstream: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Graph:
    """One submission of a run, or what a schedule submits again and again.

    `steps` stand in topological order, finished ones of earlier submissions left out. `begin`, which schedules have,
    runs before them; `end` after all others have ended, whatever became of them. Names of jobs are unlike each other,
    and have at most 63 characters of a-z, 0-9 and -. `settings` are the pipeline's.
    """

    pipeline: str
    run_id: str
    submission: int
    steps: tuple[GraphStep, ...]
    end: Job
    begin: Job | None = None
    execution_mode: ExecutionMode = "continue_on_failure"
    settings: Mapping[str, JSON] = field(default_factory=dict)

    @property
    def jobs(self) -> tuple[Job, ...]:
        """Every job: the first, the steps', the last."""
        return (*([self.begin] if self.begin else []), *(step.job for step in self.steps), self.end)


@dataclass(frozen=True, slots=True)
class GraphStatus:
    """How a run stands on its platform, with each job that was ever made, by name.

    `ended` says that the last job has ended, too, so that all is recorded which ever will be. A run that is `lost` will
    not go on, though it did not end, and `reason` says why: `host rebooted`. A word that the platform invents tomorrow
    is `running`.
    """

    state: Literal["queued", "running", "ended", "lost"]
    jobs: Mapping[str, JobStatus] = field(default_factory=dict)
    reason: str = ""


class GraphOrchestrator(Orchestrator[ConfigT]):
    """Runs whole pipelines. All verbs but `render` and `refuse` raise PodiumError for a platform that is away.

    `cancel` may be called while another thread still waits for `status`.
    """

    def refuse(self, step: StepSpec) -> str | None:
        """Name what no job can be given, as the end of a sentence that begins with the step; asks nobody."""
        if step.pickled is not None:
            return "was not defined in a file that jobs could import"
        if step.resources.gpu_count and step.resources.strict and not self.capabilities.gpus:
            return f"asks for GPUs, and orchestrator flavor {self.flavor!r} has none"
        return None

    @abstractmethod
    def render(self, graph: Graph) -> Mapping[str, str]:
        """Return the platform's own documents by file name, exactly as they would be submitted; no secret is in them.

        Asks nobody, and changes nothing.
        """

    @abstractmethod
    def place(self, spec: PipelineSpec, run_id: str, submission: int) -> str:
        """Choose where the run goes, see that it can go there, and return its handle; starts nothing, leaves nothing.

        Called before images are built. Raises PodiumError with every reason why it cannot run there.
        """

    @abstractmethod
    def submit(self, graph: Graph, handle: str, registry: ContainerRegistry[ContainerRegistryConfig] | None) -> None:
        """Start the run under the handle that `place` returned; one that was started already is left alone.

        `registry` is the stack's, which has the credentials to pull images with.
        """

    @abstractmethod
    def status(self, handle: str) -> GraphStatus:
        """Return how the run stands; one that the platform has never heard of is `lost: it was never started`."""

    @abstractmethod
    def output(self, handle: str, job: str) -> bytes:
        """Return the end of what a job has printed, as far as the platform still has it."""

    @abstractmethod
    def cancel(self, handle: str) -> None:
        """Have every job end, as by SIGTERM and soon by force, the last job included; return at once."""

    def url(self, handle: str) -> str:
        """Return where a person can look at the run on the platform."""
        return handle

    def close(self) -> None:
        """Let go of connections; verbs open them again."""

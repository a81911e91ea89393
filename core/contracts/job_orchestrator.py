"""The contract of orchestrators that run one step at a time as a job of their platform, in a container.

A flavor gives a few verbs and no loop: podium's driver walks the graph, and `core/execution/platform.py` makes a
launcher of the verbs. A job is known by a handle, plain text, so that any process can take it up again.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Collection, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from ..dataclass import dataclass, field
from ..errors import PodiumError
from ..spec import JSON, NO_RESOURCES, ResourceSpec
from .component import ConfigT
from .orchestrator import Orchestrator

if TYPE_CHECKING:
    from ..execution.launcher import Launcher
    from ..execution.run_context import RunContext
    from ..machine import Machine
    from ..secrets.secret import Secret
    from .container_registry import ContainerRegistry, ContainerRegistryConfig


class JobRefusedError(PodiumError):
    """The platform cannot run this one job, whatever it would do for others."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """One attempt of one step, as a platform is to run it: a command in an image.

    `name` has at most 63 characters of a-z, 0-9 and -, and belongs to this attempt alone. `labels` say which run, step
    and attempt it is, under `podium.run`, `podium.step` and `podium.attempt`. `environment` holds no secret; `secrets`
    is the content of `SECRETS_FILE` (core/execution/job_document.py), for the job's own user only. `gpus` are the uuids
    of those handed out by podium, where it counts them itself. `settings` are the step's, for
    `Orchestrator.configured`. `folder` is a local artifact store, to be mounted writable at the same path.
    """

    name: str
    labels: Mapping[str, str]
    image: str
    command: tuple[str, ...]
    environment: Mapping[str, str] = field(default_factory=dict)
    secrets: Secret | None = None
    resources: ResourceSpec = NO_RESOURCES
    gpus: tuple[str, ...] = ()
    timeout: float | None = None
    settings: Mapping[str, JSON] = field(default_factory=dict)
    folder: Path | None = None


@dataclass(frozen=True, slots=True)
class JobStatus:
    """How a job stands: `exit_code` and `reason`, such as `out of memory`, are the platform's own account of its end.

    A status that the platform invents tomorrow is `running`.
    """

    state: Literal["queued", "running", "ended"]
    exit_code: int | None = None
    reason: str = ""


class JobOrchestrator(Orchestrator[ConfigT]):
    """Runs each step as a job of its platform. Each verb raises PodiumError when the platform cannot be asked."""

    def launcher(self, context: RunContext) -> Launcher:
        """Make a launcher of the verbs."""
        from ..execution.platform import PlatformLauncher

        return PlatformLauncher(self, context)

    def room(self) -> Machine | None:
        """Return what all jobs share, for podium to count; None where the platform queues by itself."""
        return None

    def pull(
        self,
        images: Collection[str],
        registry: ContainerRegistry[ContainerRegistryConfig] | None,
        notice: Callable[[str], None],
    ) -> None:
        """Bring images to where jobs start, before the first one; for platforms that do not do so by themselves.

        `registry` is the stack's, which has the credentials; `notice` is told what takes long.
        """

    @abstractmethod
    def submit(self, job: Job) -> str:
        """Start a job and return its handle; one of that name that is there already is this job.

        Called in several threads at once, and while other verbs are. Raises JobRefusedError where it is this job's
        fault, or that of its settings or image, that it cannot start.
        """

    @abstractmethod
    def status(self, handles: Collection[str]) -> Mapping[str, JobStatus]:
        """Return how jobs stand, by one request where the platform can; those that it no longer knows are left out."""

    @abstractmethod
    def logs(self, handle: str, cursor: str) -> tuple[bytes, str]:
        """Return what a job has printed since `cursor`, which is empty at first, and the next cursor.

        A job that the platform no longer knows has printed nothing.
        """

    @abstractmethod
    def stop(self, handle: str, *, force: bool) -> None:
        """Ask a job to end, as by SIGTERM, or end it by force, and return at once; one that ended is left alone."""

    @abstractmethod
    def remove(self, handles: Collection[str]) -> None:
        """Forget ended jobs, and what was made for them."""

    @abstractmethod
    def jobs(self, run_id: str) -> Mapping[str, Mapping[str, str]]:
        """Return the labels of a run's jobs that were started, running or ended, by handle."""

    def finish(self, run_id: str) -> None:
        """Remove what is left of a run beside its started jobs; called when the last of them has ended."""

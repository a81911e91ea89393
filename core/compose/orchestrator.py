"""Orchestrators whose hosts run each pipeline as a Compose project, which a supervisor there walks through."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, TypeVar

from ..contracts.graph_orchestrator import Graph, GraphOrchestrator, GraphStatus
from ..errors import AccessError, NotFoundError
from ..registry import settings_keys
from .handle import read_handle
from .host_config import ON_COMPOSE_HOST, ComposeHostConfig

if TYPE_CHECKING:
    from ..contracts.artifact_store_flavor import ArtifactStoreFlavor
    from ..contracts.component import Finding, Settings
    from ..contracts.container_registry import ContainerRegistry, ContainerRegistryConfig
    from ..contracts.job_orchestrator import Job
    from ..spec import JSON, PipelineSpec
    from ..ssh.session import Session
    from .bundle import RunConf
    from .document import ServiceOptions
    from .host import ComposeHost

HANDLE_PLACEHOLDER = "<handle>"
"""Stands in rendered documents for the handle, which only a look at the hosts gives."""
HostConfigT = TypeVar("HostConfigT", bound=ComposeHostConfig)


class ComposeOrchestrator(GraphOrchestrator[HostConfigT]):
    """Runs pipelines on the hosts that `sessions` reaches; a run's handle is its folder's address."""

    capabilities = ON_COMPOSE_HOST

    @abstractmethod
    def sessions(self) -> Sequence[Session]:
        """Return a session, not open yet, for each host that may be used."""

    @abstractmethod
    def service_options(self, config: HostConfigT) -> ServiceOptions:
        """Return what containers get of a step's settings, laid over the registration's."""

    @property
    @abstractmethod
    def logs_in(self) -> bool:
        """Whether the host is logged into the stack's registry while it pulls images."""

    @property
    @abstractmethod
    def cleans_up(self) -> bool:
        """Whether the files of old finished runs are removed."""

    @cached_property
    def hosts(self) -> tuple[ComposeHost, ...]:
        """The hosts that may be used; none has been reached for yet."""
        from .host import ComposeHost

        return tuple(ComposeHost(session, self.config) for session in self.sessions())

    def check(self) -> Iterator[Finding]:
        """Yield what each host has and lacks; a fault of one is a warning while there is another to run on."""
        from .host_check import check_hosts

        yield from check_hosts(self.hosts, self.config)

    def check_with(
        self,
        registry: ContainerRegistry[ContainerRegistryConfig] | None,
        store: ArtifactStoreFlavor[Settings] | None,
    ) -> Iterator[Finding]:
        """Yield also whether the hosts reach the registry and the store."""
        from .host_check import check_hosts
        from .reach import check_address, check_login, check_own_login

        def reached(host: ComposeHost) -> Iterator[Finding]:
            if store and (address := store.address()):
                yield check_address(host, address)
            if registry and (login := registry.find_login()):
                docker, name = self.config.docker_binary, registry.resource_id()
                yield check_login(host, docker, name, login) if self.logs_in else check_own_login(host, docker, name)

        yield from check_hosts(self.hosts, self.config, reached)

    def render(self, graph: Graph) -> Mapping[str, str]:
        """Return the run's documents, where a step that is not strict still asks for all of its GPUs."""
        from .bundle import documents

        return documents(graph, self.job_options, self.run_conf(graph, HANDLE_PLACEHOLDER))

    def place(self, spec: PipelineSpec, run_id: str, submission: int) -> str:
        """Choose a host by a look at all of them."""
        from .placing import choose

        host = choose(self.hosts, self.config, spec.steps, self._gpu_indices)
        return host.handle(f"{host.facts.workdir}/runs/{run_id}.{submission}")

    def submit(self, graph: Graph, handle: str, registry: ContainerRegistry[ContainerRegistryConfig] | None) -> None:
        """Bring the run's folder to its host, and start its supervisor."""
        from .bundle import run_folder
        from .placing import fitted

        host, folder = self.located(handle)
        graph = fitted(graph, host.facts, self._gpu_indices)
        files = run_folder(graph, self.job_options, self.run_conf(graph, handle))
        if host.upload(folder, files):
            self.log_in(host, folder, registry)
            host.start(folder)

    def status(self, handle: str) -> GraphStatus:
        """Ask the run's supervisor, or what it left."""
        from .status import NEVER_STARTED, read_status

        host, folder = self.located(handle)
        printed = host.status(folder)
        return NEVER_STARTED if printed is None else read_status(printed)

    def output(self, handle: str, job: str) -> bytes:
        """Return the end of what a job has printed."""
        host, folder = self.located(handle)
        return host.output(folder, job)

    def cancel(self, handle: str) -> None:
        """Have every job end."""
        host, folder = self.located(handle)
        host.cancel(folder)

    def close(self) -> None:
        """Close the sessions."""
        for host in vars(self).get("hosts", ()):
            host.session.close()

    def located(self, handle: str) -> tuple[ComposeHost, str]:
        """Return the host and folder of a handle; raise NotFoundError for a host that is not this orchestrator's."""
        found = read_handle(handle)
        for host in self.hosts:
            if (host.session.username, host.session.address) == (found.user, found.address):
                return host, found.folder
        known = ", ".join(f"{host.session.username}@{host.name}" for host in self.hosts)
        raise NotFoundError(
            f"orchestrator {self.name!r} does not go to {found.user}@{found.address}", hint=f"it goes to: {known}"
        )

    def run_conf(self, graph: Graph, handle: str | None) -> RunConf:
        """Return what a supervisor is told; without a handle, that of a schedule's folder."""
        from .bundle import RunConf

        days = self.config.cleanup_after_days
        return RunConf(
            run_id=graph.run_id if handle else None,
            handle=handle,
            docker=self.config.docker_binary,
            keep_minutes=max(1, round(days * 24 * 60)) if self.cleans_up else None,
        )

    def log_in(
        self, host: ComposeHost, folder: str, registry: ContainerRegistry[ContainerRegistryConfig] | None
    ) -> None:
        """Log a folder on a host into the registry, where that is wanted and the registry asks for it."""
        login = registry.find_login() if registry and self.logs_in else None
        if registry is None or login is None:
            return
        from ..docker.registry import IDENTITY_USER

        if login.username == IDENTITY_USER:
            raise AccessError(
                f"this machine's login of {registry.resource_id()} is a token that hosts cannot log in with",
                hint=f"podium container-registry connect {registry.name} --connector NAME, or give it a user",
            )
        host.log_in(folder, registry.resource_id(), login)

    def job_options(self, job: Job) -> ServiceOptions:
        """Return what a job's container gets by its settings."""
        return self._options(job.settings)

    def _options(self, settings: Mapping[str, JSON]) -> ServiceOptions:
        """Return the options for the settings of a step, made once for all that have the same."""
        key = repr([settings.get(key) for key in settings_keys(self.flavor)])
        if key not in self._known_options:
            self._known_options[key] = self.service_options(self.configured(settings))
        return self._known_options[key]

    @cached_property
    def _known_options(self) -> dict[str, ServiceOptions]:
        return {}

    def _gpu_indices(self, settings: Mapping[str, JSON]) -> Sequence[int] | None:
        return self._options(settings).gpus

"""The local_docker orchestrator: each step in a container of this machine's Docker engine."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import suppress
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from ..core.contracts.component import About, Finding, Settings
from ..core.contracts.job_orchestrator import Job, JobOrchestrator, JobRefusedError, JobStatus
from ..core.contracts.orchestrator import Capabilities
from ..core.dataclass import replace
from ..core.docker import container_arguments, container_logs
from ..core.docker.engine import asking, check_engine, connect
from ..core.docker.faults import explained
from ..core.docker.secret_folder import SecretFolder
from ..core.errors import PodiumError
from ..core.machine import Machine, this_machine

if TYPE_CHECKING:
    from docker import DockerClient
    from docker.models.containers import Container

    from ..core.contracts.container_registry import ContainerRegistry, ContainerRegistryConfig
    from ..core.execution.launcher import Launcher
    from ..core.execution.run_context import RunContext

_KEEP = "podium.keep"
_LITTLE_SPACE = 1 << 30
_FOUND_DEAD = 255
"""Exit code of a container that an engine finds dead when it starts, as after the machine did."""


def _plain(arguments: Mapping[str, object]) -> Mapping[str, object]:
    import json

    try:
        return container_arguments.checked(json.loads(json.dumps(arguments)))
    except TypeError:
        raise ValueError("must be what JSON can hold: dicts and lists of text and numbers, no objects") from None


class LocalDockerOrchestratorSettings(Settings):
    """What a pipeline or step may set."""

    synchronous: Annotated[bool, About("Wait for the run to end, showing what steps print.")] = True
    run_args: Annotated[
        Mapping[str, object],
        About("More arguments of `run` of the Docker SDK's containers, as shm_size or ulimits.", then=_plain),
    ] = {}
    max_parallel_steps: Annotated[
        int | None, About("Most containers running at once; by default as many as there is room for.", ge=1)
    ] = None
    keep_containers: Annotated[bool, About("Leave the containers of ended steps to be looked into.")] = False


class LocalDockerOrchestratorConfig(LocalDockerOrchestratorSettings):
    """What a registration may set: the defaults of every run."""


class LocalDockerOrchestrator(JobOrchestrator[LocalDockerOrchestratorConfig]):
    """Runs each step in a container on this machine; a handle is the container's id."""

    flavor = "local_docker"
    config_class = LocalDockerOrchestratorConfig
    settings_class = LocalDockerOrchestratorSettings
    capabilities = Capabilities(granularity="step", images=True, gpus=True, detached=True)

    def check(self) -> Iterator[Finding]:
        """Say whether a Docker engine answers, and whether its disk is nearly full where that can be seen from here."""
        findings = list(check_engine())
        yield from findings
        if any(finding.level == "fail" for finding in findings):
            return
        from shutil import disk_usage

        folder = self._about["DockerRootDir"]
        with suppress(OSError):  # the engine may be in a virtual machine
            free = disk_usage(folder).free
            if free < _LITTLE_SPACE:
                what = f"the Docker engine has {free / 2**20:.0f} MiB of disk space left in {folder}"
                yield Finding("warn", what, "podium image prune, or: docker system prune")

    def launcher(self, context: RunContext) -> Launcher:
        """Make a launcher that also keeps to the pipeline's limit."""
        from ..core.execution.platform import PlatformLauncher

        return PlatformLauncher(self, context, max_parallel=self.configured(context.spec.settings).max_parallel_steps)

    def room(self) -> Machine:
        """Return what the engine has, which may be a virtual machine's, as far as this process may use it."""
        here = this_machine()
        return Machine(min(here.cpus, self._about["NCPU"]), min(here.memory, self._about["MemTotal"]))

    def pull(
        self,
        images: Collection[str],
        registry: ContainerRegistry[ContainerRegistryConfig] | None,
        notice: Callable[[str], None],
    ) -> None:
        """Pull the images that the engine does not have."""
        from ..core.docker.pulling import pull_missing

        pull_missing(images, registry, notice)

    def submit(self, job: Job) -> str:
        """Create a container, or take the one of that name, and start it."""
        from docker.errors import APIError, DockerException, ImageNotFound

        what = f"the container of step {job.labels['podium.step']!r} cannot be started"
        arguments = self._arguments(job, self.configured(job.settings))
        with asking(what):
            try:
                container = self._container(job, arguments)
                if container.status == "created":
                    container.start()
                return str(container.id)
            except ImageNotFound:
                fault = PodiumError(f"{what}: the engine has no image {job.image}", hint="podium runs resume pulls it")
            except APIError as error:
                fault = explained(str(error.explanation), what)
            except (DockerException, TypeError, ValueError, AttributeError, LookupError) as error:
                fault = PodiumError(f"{what}: the Docker SDK does not take its run_args ({type(error).__name__})")
        for created in self._listed(name=f"^/{job.name}$"):
            self._remove(created["Id"])
        SecretFolder(job.labels["podium.run"]).remove(job.name)
        raise JobRefusedError(fault.message, hint=fault.hint)

    def status(self, handles: Collection[str]) -> Mapping[str, JobStatus]:
        """Ask for all at once, and for the ends one by one: lists say neither exit code nor lack of memory."""
        found: dict[str, JobStatus] = {}
        for container in self._listed(id=list(handles)) if handles else ():
            if container["State"] in {"exited", "dead"}:
                end = self._end(container["Id"])
                found |= {container["Id"]: end} if end else {}
            elif container["State"] != "removing":
                found[container["Id"]] = JobStatus("queued" if container["State"] == "created" else "running")
        return found

    def logs(self, handle: str, cursor: str) -> tuple[bytes, str]:
        """Read stdout and stderr with the times of their pieces."""
        api = self._engine.api
        url = f"{api.base_url}/v{api.api_version}/containers/{handle}/logs"
        query = {"stdout": "1", "stderr": "1", "timestamps": "1", "since": container_logs.since(cursor)}
        with asking("the output of a container cannot be read"), api.get(url, params=query, stream=True) as answer:
            if answer.status_code == 404:
                return b"", cursor
            answer.raise_for_status()
            return container_logs.after(cursor, answer.raw)

    def stop(self, handle: str, *, force: bool) -> None:
        """Send SIGTERM or SIGKILL."""
        from docker.errors import APIError

        with asking("a container cannot be stopped"):
            try:
                self._engine.api.kill(handle, "SIGKILL" if force else "SIGTERM")
            except APIError as error:
                if error.status_code not in {404, 409}:  # it is gone, or has ended
                    raise

    def remove(self, handles: Collection[str]) -> None:
        """Remove containers that are not to be kept, and the files with their secrets."""
        for container in self._listed(id=list(handles)) if handles else ():
            for name in container["Names"] or ():  # one that is half removed has none
                SecretFolder(container["Labels"]["podium.run"]).remove(name.removeprefix("/"))
            if _KEEP not in container["Labels"]:
                self._remove(container["Id"])

    def jobs(self, run_id: str) -> Mapping[str, Mapping[str, str]]:
        """Find containers by their label; one that was created only is not yet a job."""
        listed = self._listed(label=f"podium.run={run_id}")
        return {container["Id"]: container["Labels"] for container in listed if container["State"] != "created"}

    def finish(self, run_id: str) -> None:
        """Remove containers that were never started, and the folder with secrets."""
        for container in self._listed(label=f"podium.run={run_id}", status="created"):
            self._remove(container["Id"])
        SecretFolder(run_id).remove_all()

    @cached_property
    def _engine(self) -> DockerClient:
        return connect()

    @cached_property
    def _about(self) -> Mapping[str, Any]:
        with asking("the Docker engine cannot be asked"):
            about: dict[str, Any] = self._engine.info()
        return about

    def _container(self, job: Job, arguments: Mapping[str, object]) -> Container:
        """Create a container, or find the one that an earlier request of this name has made."""
        from docker.errors import APIError

        try:
            return self._engine.containers.create(job.image, list(job.command), **arguments)
        except APIError as error:
            if error.status_code != 409:
                raise
            return self._engine.containers.get(job.name)

    def _arguments(self, job: Job, config: LocalDockerOrchestratorConfig) -> dict[str, object]:
        secrets: Path | None = None
        if job.secrets:
            folder = SecretFolder(job.labels["podium.run"])
            secrets = folder.write(job.name, job.secrets, readable_to_all="user" in config.run_args)
        labels = {**job.labels, **({_KEEP: ""} if config.keep_containers else {})}
        return container_arguments.of_job(
            replace(job, labels=labels),
            config.run_args,
            secrets=secrets,
            processors=self._about["NCPU"],
            rootless="name=rootless" in self._about["SecurityOptions"],
        )

    def _listed(self, **filters: object) -> list[dict[str, Any]]:
        with asking("the Docker engine cannot list containers"):
            found: list[dict[str, Any]] = self._engine.api.containers(all=True, filters=filters)
        return found

    def _end(self, handle: str) -> JobStatus | None:
        """Return how a container ended, None when somebody has just removed it."""
        from docker.errors import NotFound

        with asking("a container cannot be looked at"):
            try:
                about = self._engine.api.inspect_container(handle)
            except NotFound:
                return None
        state, memory = about["State"], about["HostConfig"]["Memory"]
        reason = " ".join(state["Error"].split())
        if state["OOMKilled"]:
            reason = f"out of memory (limit {memory / 2**20:.0f} MiB)" if memory else "out of memory"
        elif state["ExitCode"] == _FOUND_DEAD:
            reason = "the machine or its Docker engine was restarted"
        return JobStatus("ended", state["ExitCode"], reason)

    def _remove(self, container: str) -> None:
        from docker.errors import APIError

        with asking("a container cannot be removed"):
            try:
                self._engine.api.remove_container(container, force=True, v=True)
            except APIError as error:
                if error.status_code not in {404, 409}:  # it is gone, or about to be
                    raise

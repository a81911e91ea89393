"""The local_docker orchestrator: each step in a container of this machine's Docker engine."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Annotated

from ..core import docker_engine
from ..core.contracts.component import About, Finding, Settings
from ..core.contracts.orchestrator import Capabilities, Orchestrator
from ..core.errors import PodiumError
from ..core.spec import JSON


class LocalDockerOrchestratorSettings(Settings):
    """What a pipeline or step may set."""

    synchronous: Annotated[bool, About("Wait for the run to end, showing what steps print.")] = True
    run_args: Annotated[
        Mapping[str, JSON], About("More arguments of `run` of the Docker SDK's containers, as cpu_count or shm_size.")
    ] = {}


class LocalDockerOrchestratorConfig(LocalDockerOrchestratorSettings):
    """What a registration may set: the defaults of every run."""


class LocalDockerOrchestrator(Orchestrator[LocalDockerOrchestratorConfig]):
    """Runs each step in a container on this machine."""

    flavor = "local_docker"
    config_class = LocalDockerOrchestratorConfig
    settings_class = LocalDockerOrchestratorSettings
    capabilities = Capabilities(granularity="step", images=True, gpus=True, detached=True)

    def check(self) -> Iterator[Finding]:
        """Yield whether the Docker engine answers."""
        try:
            client = docker_engine.connect()
        except PodiumError as error:
            yield Finding("fail", error.message, error.hint)
            return
        try:
            yield Finding("ok", f"Docker {client.version()['Version']}")
        finally:
            client.close()

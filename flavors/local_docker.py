"""The local_docker orchestrator: each step in a container of this machine's Docker engine."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Annotated

from ..core.contracts.component import About, Finding, Settings
from ..core.contracts.orchestrator import Capabilities, Orchestrator
from ..core.docker.engine import check_engine


def _plain(arguments: Mapping[str, object]) -> Mapping[str, object]:
    import json

    try:
        json.dumps(arguments)
    except (TypeError, ValueError):
        raise ValueError("must be what JSON can hold: dicts and lists of text and numbers, no objects") from None
    return arguments


class LocalDockerOrchestratorSettings(Settings):
    """What a pipeline or step may set."""

    synchronous: Annotated[bool, About("Wait for the run to end, showing what steps print.")] = True
    run_args: Annotated[
        Mapping[str, object],
        About("More arguments of `run` of the Docker SDK's containers, as shm_size or ulimits.", then=_plain),
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
        """Say whether a Docker engine answers."""
        return check_engine()

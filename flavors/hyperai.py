"""The hyperai orchestrator: pipelines on HyperAI instances, as Docker Compose projects over SSH."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Annotated, cast

from ..core.contracts.component import About, Finding, Settings
from ..core.contracts.orchestrator import Orchestrator
from ..core.errors import PodiumError
from ..core.compose.host_check import check_host
from ..core.compose.host_config import ON_COMPOSE_HOST, ComposeHostConfig

if TYPE_CHECKING:
    from paramiko import SSHClient


class HyperAIOrchestratorSettings(Settings):
    """What a pipeline or step may set."""

    synchronous: Annotated[bool, About("Wait for the run to end, showing what steps print.")] = True
    mounts_from_to: Annotated[
        Mapping[str, str], About("Folders of the instance to mount: its path to the path in the container.")
    ] = {}


class HyperAIOrchestratorConfig(HyperAIOrchestratorSettings, ComposeHostConfig):
    """What a registration may set."""

    container_registry_autologin: Annotated[
        bool, About("Log the instance into the stack's container registry while it pulls images.")
    ] = False
    automatic_cleanup_pipeline_files: Annotated[bool, About("Remove the files of old finished runs.")] = True
    gpu_enabled_in_container: Annotated[bool, About("Let steps that ask for GPUs have those of the instance.")] = True


class HyperAIOrchestrator(Orchestrator[HyperAIOrchestratorConfig]):
    """Runs each pipeline as a Compose project on an instance that its service connector reaches."""

    flavor = "hyperai"
    config_class = HyperAIOrchestratorConfig
    settings_class = HyperAIOrchestratorSettings
    connector_resource = "hyperai-instance"
    connector_required = True
    capabilities = ON_COMPOSE_HOST

    def check(self) -> Iterator[Finding]:
        """Yield what the chosen instance, or each one that answers, has and lacks."""
        if self.connector is None:
            hint = f"podium orchestrator connect {self.name} --connector NAME"
            yield Finding("fail", f"orchestrator {self.name!r} has no service connector", hint)
            return
        chosen = self.connector.resource_id
        try:
            for host in [chosen] if chosen else list(self.connector.resources(self.connector_resource)):
                with cast("SSHClient", self.connector.client(self.connector_resource, host)) as client:
                    yield from check_host(client, host, self.config)
        except PodiumError as error:
            yield Finding("fail", error.message, error.hint)

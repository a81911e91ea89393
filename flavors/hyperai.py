"""The hyperai orchestrator: pipelines on HyperAI instances, as Docker Compose projects over SSH."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, cast

from ..core.compose.document import ServiceOptions
from ..core.compose.host_config import ComposeHostConfig, absolute_paths
from ..core.compose.scheduling import CronOrchestrator
from ..core.contracts.component import About, Settings
from ..core.errors import UsageError
from ..core.spec import StepSpec
from ..core.ssh.session import Session, SessionSource


class HyperAIOrchestratorSettings(Settings):
    """What a pipeline or step may set."""

    synchronous: Annotated[bool, About("Wait for the run to end, showing what steps print.")] = True
    mounts_from_to: Annotated[
        Mapping[str, str],
        About("Folders of the instance to mount: its path to the path in the container.", then=absolute_paths),
    ] = {}


class HyperAIOrchestratorConfig(HyperAIOrchestratorSettings, ComposeHostConfig):
    """What a registration may set."""

    container_registry_autologin: Annotated[
        bool, About("Log the instance into the stack's container registry while it pulls images.")
    ] = False
    automatic_cleanup_pipeline_files: Annotated[bool, About("Remove the files of old finished runs.")] = True
    gpu_enabled_in_container: Annotated[bool, About("Let steps that ask for GPUs have those of the instance.")] = True


class HyperAIOrchestrator(CronOrchestrator[HyperAIOrchestratorConfig]):
    """Runs pipelines on the instance that was chosen of its service connector's, else on the one with most room."""

    flavor = "hyperai"
    config_class = HyperAIOrchestratorConfig
    settings_class = HyperAIOrchestratorSettings
    connector_resource = "hyperai-instance"
    connector_required = True

    def sessions(self) -> Sequence[Session]:
        """Return a session for the instance that was chosen, else for each one."""
        if self.connector is None:
            raise UsageError(
                f"orchestrator {self.name!r} has no service connector",
                hint=f"podium orchestrator connect {self.name} --connector NAME",
            )
        return cast("SessionSource", self.connector).sessions()

    def service_options(self, config: HyperAIOrchestratorConfig) -> ServiceOptions:
        """Return the mounts, and whether there are GPUs."""
        return ServiceOptions(mounts=config.mounts_from_to, gpu=config.gpu_enabled_in_container)

    @property
    def logs_in(self) -> bool:
        """Whether the instance is logged into the stack's registry while it pulls images."""
        return self.config.container_registry_autologin

    @property
    def cleans_up(self) -> bool:
        """Whether the files of old finished runs are removed."""
        return self.config.automatic_cleanup_pipeline_files

    def refuse(self, step: StepSpec) -> str | None:
        """Refuse GPUs, too, when no container is given any."""
        if step.resources.gpu_count and step.resources.strict and not self.config.gpu_enabled_in_container:
            return f"asks for GPUs, and gpu_enabled_in_container of orchestrator {self.name!r} is off"
        return super().refuse(step)

"""Flavors of another package, with fields of every sort and a use for its connector."""

from typing import Annotated, ClassVar, Literal

from podium.core.contracts.component import About, Settings
from podium.core.contracts.orchestrator import Capabilities, Orchestrator
from podium.core.secrets.secret import Secret


class NimbusSettings(Settings):
    """What a pipeline may set."""

    size: Annotated[int, About("Machines.", ge=1)] = 1


class NimbusConfig(NimbusSettings):
    """Fields that are secret, that have names of options, and that take more than text."""

    region: Annotated[str, About("Where it runs.")]
    token: Annotated[Secret | None, About("What lets one in.")] = None
    account: Annotated[Secret | None, About("A JSON document that lets one in.")] = None
    secret: Annotated[str | None, About("A name.")] = None
    key: str | None = None
    env: Annotated[dict[str, str] | None, About("Variables.")] = None
    hosts: Annotated[list[str] | None, About("Machines by name.")] = None
    mode: Annotated[Literal["slow", "fast"], About("How it runs.")] = "slow"
    connector: Annotated[str | None, About("A field that has the name of an option.")] = None
    bucket: Annotated[str | None, About("Bucket for its files.")] = None


class NimbusOrchestrator(Orchestrator[NimbusConfig]):
    """Runs nothing."""

    flavor = "nimbus"
    config_class = NimbusConfig
    settings_class = NimbusSettings
    capabilities = Capabilities(granularity="step", remote=True)
    connector_resource: ClassVar[str | None] = "nimbus-bucket"

    def resource_id(self) -> str | None:
        """Return the bucket."""
        return self.config.bucket


class NimbusCloudOrchestrator(NimbusOrchestrator):
    """Cannot do without a connector."""

    flavor = "nimbus_cloud"
    connector_required = True

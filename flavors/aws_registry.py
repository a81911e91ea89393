"""Amazon's Elastic Container Registry."""

from __future__ import annotations

from typing import Annotated

from ..core.contracts.component import About
from ..core.contracts.container_registry import ContainerRegistry, ContainerRegistryConfig, prefix_like

_ADDRESS = prefix_like(
    r"\d{12}\.dkr\.ecr(-fips)?\.[a-z0-9-]+\.amazonaws\.com(\.cn)?", "123456789012.dkr.ecr.eu-west-1.amazonaws.com"
)


class AWSRegistryConfig(ContainerRegistryConfig):
    """What a registration may set."""

    uri: Annotated[str, About("ACCOUNT.dkr.ecr.REGION.amazonaws.com, without a path.", then=_ADDRESS)]


class AWSRegistry(ContainerRegistry[AWSRegistryConfig]):
    """Keep images in Amazon's Elastic Container Registry."""

    flavor = "aws"
    config_class = AWSRegistryConfig

    def how_to_create(self, repository: str) -> str:
        """Give the command, since ECR creates no repository for a push."""
        host, _, name = repository.partition("/")
        region = host.split(".")[3]
        return f"aws ecr create-repository --repository-name {name} --region {region}"

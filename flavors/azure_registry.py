"""Azure's Container Registry."""

from __future__ import annotations

from typing import Annotated

from ..core.contracts.component import About
from ..core.contracts.container_registry import ContainerRegistry, ContainerRegistryConfig, prefix_like

_ADDRESS = prefix_like(r"[A-Za-z0-9-]+\.azurecr\.(io|cn|us)(/.+)?", "NAME.azurecr.io")


class AzureRegistryConfig(ContainerRegistryConfig):
    """What a registration may set."""

    uri: Annotated[str, About("NAME.azurecr.io.", then=_ADDRESS)]


class AzureRegistry(ContainerRegistry[AzureRegistryConfig]):
    """Keep images in Azure's Container Registry."""

    flavor = "azure"
    config_class = AzureRegistryConfig

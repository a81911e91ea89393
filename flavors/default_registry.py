"""The default container registry: any registry that speaks the Docker or OCI protocol."""

from __future__ import annotations

from ..core.contracts.container_registry import ContainerRegistry, ContainerRegistryConfig


class DefaultRegistry(ContainerRegistry[ContainerRegistryConfig]):
    """Keep images in any Docker or OCI registry."""

    flavor = "default"
    config_class = ContainerRegistryConfig

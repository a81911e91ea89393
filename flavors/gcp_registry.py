"""Google's Artifact Registry, and the older Container Registry."""

from __future__ import annotations

from typing import Annotated

from ..core.contracts.component import About
from ..core.contracts.container_registry import ContainerRegistry, ContainerRegistryConfig, prefix_like

_ADDRESS = prefix_like(
    r"([a-z]+\.)?gcr\.io/.+|[a-z0-9-]+-docker\.pkg\.dev/[^/]+/.+", "europe-docker.pkg.dev/PROJECT/REPOSITORY"
)


class GCPRegistryConfig(ContainerRegistryConfig):
    """What a registration may set."""

    uri: Annotated[str, About("LOCATION-docker.pkg.dev/PROJECT/REPOSITORY, or gcr.io/PROJECT.", then=_ADDRESS)]


class GCPRegistry(ContainerRegistry[GCPRegistryConfig]):
    """Keep images in Google's Artifact Registry."""

    flavor = "gcp"
    config_class = GCPRegistryConfig

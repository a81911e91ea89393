"""Docker Hub."""

from __future__ import annotations

from typing import Annotated

from ..core.contracts.component import About
from ..core.contracts.container_registry import ContainerRegistry, ContainerRegistryConfig, prefix_like


class DockerHubConfig(ContainerRegistryConfig):
    """What a registration may set."""

    uri: Annotated[
        str,
        About("docker.io, with the account: docker.io/ACCOUNT.", then=prefix_like(r"docker\.io(/.+)?", "docker.io/me")),
    ] = "docker.io"


class DockerHub(ContainerRegistry[DockerHubConfig]):
    """Keep images on Docker Hub."""

    flavor = "dockerhub"
    config_class = DockerHubConfig

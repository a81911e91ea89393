"""Bring images into the engine before they are needed."""

from __future__ import annotations

from collections.abc import Callable, Collection
from contextlib import closing
from typing import TYPE_CHECKING

from ..errors import NotFoundError
from . import logins
from .engine import PATIENCE, asking, connect
from .transfer import pull

if TYPE_CHECKING:
    from docker import DockerClient

    from ..contracts.container_registry import ContainerRegistry, ContainerRegistryConfig


def pull_missing(
    images: Collection[str],
    registry: ContainerRegistry[ContainerRegistryConfig] | None,
    notice: Callable[[str], None],
) -> None:
    """Pull the images that the engine does not have; `registry` is one whose login podium knows.

    Raises NotFoundError for an image that is in no registry, and PodiumError for one that cannot be had.
    """
    with closing(connect(PATIENCE)) as client:
        for image in images:
            if _has(client, image):
                continue
            if image.startswith("sha256:"):
                raise NotFoundError(
                    f"image {image} is no longer in the Docker engine, and in no registry",
                    hint="run the pipeline anew, which builds it",
                )
            notice(f"pulling image {image}")
            pull(client, image, logins.of_image(image, registry))


def _has(client: DockerClient, image: str) -> bool:
    from docker.errors import ImageNotFound

    with asking(f"the Docker engine cannot look for image {image}"):
        try:
            client.api.inspect_image(image)
        except ImageNotFound:
            return False
    return True

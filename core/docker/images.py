"""The images that podium has built and the engine still holds."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import TYPE_CHECKING

from ..dataclass import dataclass
from .build import LABEL
from .engine import asking

if TYPE_CHECKING:
    from docker import DockerClient


@dataclass(frozen=True, slots=True)
class EngineImage:
    """One image; `created` is in seconds since the epoch, `size` in bytes with layers that it shares with others.

    It is in use while there is a container of it, running or not. `names` are `repository:tag`.
    """

    id: str
    names: tuple[str, ...]
    created: float
    size: int
    in_use: bool


def own_images(client: DockerClient) -> list[EngineImage]:
    """Return podium's images, newest first."""
    with asking("podium's images cannot be listed"):
        used = {container["ImageID"] for container in client.api.containers(all=True)}
        images = [
            EngineImage(
                id=image["Id"],
                names=tuple(name for name in image["RepoTags"] or () if name != "<none>:<none>"),
                created=image["Created"],
                size=image["Size"],
                in_use=image["Id"] in used,
            )
            for image in client.api.images(filters={"label": LABEL})
        ]
    return sorted(images, key=lambda image: image.created, reverse=True)


def unused(images: Sequence[EngineImage], older_than: float) -> list[EngineImage]:
    """Return the images that no container uses and that are older than a number of seconds."""
    latest = time.time() - older_than
    return [image for image in images if not image.in_use and image.created <= latest]


def remove(client: DockerClient, image: EngineImage) -> bool:
    """Take an image's names away, and itself with them; False when another image or a new container needs it."""
    from docker.errors import APIError, ImageNotFound

    with asking(f"image {image.id} cannot be removed"):
        try:
            for name in image.names or (image.id,):
                client.api.remove_image(name)
        except ImageNotFound:
            return True
        except APIError as error:
            if error.status_code == 409:
                return False
            raise
    return True

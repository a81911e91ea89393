"""Images between the engine and registries, with a login that goes along with the one request and is kept nowhere."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from ..errors import NotFoundError
from .engine import asking
from .faults import explained
from .logins import for_engine
from .registry import Login

if TYPE_CHECKING:
    from docker import DockerClient

    from ..contracts.container_registry import ContainerRegistry, ContainerRegistryConfig

_NO_REPOSITORY = re.compile(r"name unknown|repository .* does not exist|repository .* not found", re.IGNORECASE)


def push(
    client: DockerClient, name: str, registry: ContainerRegistry[ContainerRegistryConfig], login: Login | None
) -> tuple[str, int]:
    """Push `repository:tag`; return the digest that pins it there, and the bytes that were not there before.

    Raises NotFoundError where the registry wants the repository to be created first, and PodiumError otherwise.
    """
    repository, _, tag = name.rpartition(":")
    what, digest, fault, sizes = f"image {name} cannot be pushed", "", "", dict[str, int]()
    with asking(what):
        for message in client.api.push(repository, tag, stream=True, decode=True, auth_config=for_engine(login)):
            fault = str(message.get("error", fault))
            digest = message.get("aux", {}).get("Digest", digest)
            if message.get("status") == "Pushing":
                done = message.get("progressDetail", {})
                sizes[message["id"]] = max(done.get("total", 0), done.get("current", 0))
    if _NO_REPOSITORY.search(fault):
        raise NotFoundError(
            f"{what}: the registry has no repository {repository}", hint=registry.how_to_create(repository)
        )
    if fault:
        raise explained(fault, what)
    return digest, sum(sizes.values())


def pull(client: DockerClient, name: str, login: Login | None, platform: str | None = None) -> None:
    """Have the engine fetch an image by tag or digest; raise PodiumError when it cannot."""
    what, fault = f"image {name} cannot be pulled", ""
    with asking(what):
        for message in client.api.pull(
            name, stream=True, decode=True, auth_config=for_engine(login), platform=platform
        ):
            fault = str(message.get("error", fault))
    if fault:
        raise explained(fault, what)

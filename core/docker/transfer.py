"""Images between the engine and registries, with a login that goes along with the one request and is kept nowhere."""

from __future__ import annotations

import re
import time
from typing import TYPE_CHECKING

from ..errors import NotFoundError
from .engine import asking
from .faults import explained
from .logins import for_engine
from .registry import Login

if TYPE_CHECKING:
    from docker import DockerClient

    from ..contracts.container_registry import ContainerRegistry, ContainerRegistryConfig

_PASSING = re.compile(
    r"HTTP status: 5\d\d|blob upload (unknown|invalid)|blob unknown|connection reset|unexpected EOF|timeout",
    re.IGNORECASE,
)
"""Faults that may be over soon: among them what a registry says that gets the same image from two sides at once.

"blob unknown" is what it says at times to one of two pushes that share layers, and no longer when asked again
(https://github.com/moby/moby/issues/22854).
"""
_PAUSES = (0.0, 1.0, 3.0, 9.0)
"""Seconds to wait before each attempt at a push."""
_NO_REPOSITORY = re.compile(r"name unknown|repository .* does not exist|repository .* not found", re.IGNORECASE)


def push(
    client: DockerClient, name: str, registry: ContainerRegistry[ContainerRegistryConfig], login: Login | None
) -> tuple[str, int]:
    """Push `repository:tag`; return the digest that pins it there, and the bytes that were not there before.

    Raises NotFoundError where the registry wants the repository to be created first, and PodiumError otherwise.
    """
    repository, _, tag = name.rpartition(":")
    what, sizes = f"image {name} cannot be pushed", dict[str, int]()
    for pause in _PAUSES:
        time.sleep(pause)
        digest, fault = "", ""
        with asking(what):
            for message in client.api.push(repository, tag, stream=True, decode=True, auth_config=for_engine(login)):
                fault = str(message.get("error", fault))
                digest = message.get("aux", {}).get("Digest", digest)
                if message.get("status") == "Pushing":
                    done = message.get("progressDetail", {})
                    sizes[message["id"]] = max(done.get("total", 0), done.get("current", 0))
        if not _PASSING.search(fault):
            break
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

"""The addresses of container registries, as Docker understands them, and their users."""

from __future__ import annotations

import re
from ipaddress import ip_address

from ..dataclass import dataclass
from ..secrets.secret import Secret

DOCKER_HUB = "docker.io"
IDENTITY_USER = "<token>"
"""What stands for the name of a user whose password is an OAuth refresh token, as in Docker's credential helpers."""
_HUB_NAMES = ("index.docker.io", "registry-1.docker.io", "registry.hub.docker.com")
_HOST = re.compile(r"([A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?|\[[0-9A-Fa-f:]+\])(:[0-9]{1,5})?")


@dataclass(frozen=True, slots=True)
class Login:
    """A user of a registry."""

    username: str
    password: Secret


def registry_of(uri: str) -> str:
    """Return the `host[:port]` of a registry's or repository's address; raise ValueError when there is none.

    As in Docker, a first part without dot, colon or `localhost` belongs to a repository of Docker Hub.
    """
    first, slash, _ = re.sub(r"^https?://", "", uri).partition("/")
    if first and slash and not ("." in first or ":" in first or first == "localhost"):
        return DOCKER_HUB
    if not _HOST.fullmatch(first):
        raise ValueError("the address of a registry is host[:port][/path]")
    return DOCKER_HUB if first in _HUB_NAMES else first


def is_loopback(registry: str) -> bool:
    """Say whether a registry is on this machine, where Docker takes one without TLS."""
    host = registry.rpartition(":")[0] or registry
    try:
        return ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host == "localhost"

"""The Docker engine that this machine's environment points to."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import TYPE_CHECKING

from ..contracts.component import Finding
from ..errors import AccessError, MissingToolError, PodiumError
from ..sdks import require

if TYPE_CHECKING:
    from docker import DockerClient

_SOCKET = "unix:///var/run/docker.sock"
_TIMEOUT = 60


def connect() -> DockerClient:
    """Return a client of the engine, which has answered.

    Raises MissingToolError without the SDK or an engine, AccessError when this user may not use it.
    """
    docker = require("docker", "docker")
    address = os.environ.get("DOCKER_HOST") or _SOCKET
    try:
        client: DockerClient = docker.from_env(timeout=_TIMEOUT)
    except docker.errors.DockerException as error:
        if "Permission denied" in str(error):
            raise AccessError(
                f"this user may not use the Docker engine at {address}",
                hint="add the user to the group docker and log in again, or use a rootless engine",
            ) from None
        raise MissingToolError(
            f"no Docker engine answers at {address}", hint="start Docker, or set DOCKER_HOST to where it runs"
        ) from None
    return client


def check_engine() -> Iterator[Finding]:
    """Yield whether an engine answers, and which."""
    try:
        client = connect()
    except PodiumError as error:
        yield Finding("fail", error.message, error.hint)
        return
    with client.api:
        yield Finding("ok", f"Docker engine {client.version()['Version']} answers")

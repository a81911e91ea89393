"""The Docker engine that this machine's environment points to."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from ..contracts.component import Finding
from ..errors import AccessError, MissingToolError, PodiumError
from ..sdks import require
from .faults import explained

if TYPE_CHECKING:
    from docker import DockerClient

_SOCKET = "unix:///var/run/docker.sock"
_TIMEOUT = 60
PATIENCE = 900.0
"""Seconds that an engine may be silent while it moves an image: a registry takes its time to store a large layer."""


def address() -> str:
    """Return where the engine is, as DOCKER_HOST says."""
    return os.environ.get("DOCKER_HOST") or _SOCKET


def connect(timeout: float = _TIMEOUT) -> DockerClient:
    """Return a client of the engine, which has answered; `timeout` is how long it may be silent, in seconds.

    Raises MissingToolError without the SDK or an engine, AccessError when this user may not use it.
    """
    docker = require("docker", "docker")
    try:
        client: DockerClient = docker.from_env(timeout=timeout)
    except docker.errors.DockerException as error:
        if "Permission denied" in str(error):
            raise AccessError(
                f"this user may not use the Docker engine at {address()}",
                hint="add the user to the group docker and log in again, or use a rootless engine",
            ) from None
        raise MissingToolError(
            f"no Docker engine answers at {address()}", hint="start Docker, or set DOCKER_HOST to where it runs"
        ) from None
    return client


@contextmanager
def asking(what: str) -> Iterator[None]:
    """Raise what goes wrong between the SDK and the engine as a PodiumError that begins with `what`."""
    from docker import credentials, errors
    from urllib3.exceptions import HTTPError

    try:
        yield
    except errors.APIError as error:
        raise explained(str(error.explanation), what) from None
    except credentials.StoreError:
        raise AccessError(
            f"{what}: Docker's credential helper does not work", hint="mend Docker's config.json, which names it"
        ) from None
    except (OSError, HTTPError) as error:
        raise PodiumError(f"{what}: the Docker engine stopped answering ({type(error).__name__})") from None


def check_engine() -> Iterator[Finding]:
    """Yield whether an engine answers, and which."""
    try:
        client = connect()
    except PodiumError as error:
        yield Finding("fail", error.message, error.hint)
        return
    with client.api:
        yield Finding("ok", f"Docker engine {client.version()['Version']} answers")

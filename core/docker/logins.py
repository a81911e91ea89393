"""Who this machine is at a container registry: by a connector's credentials, or by the user's own Docker login."""

from __future__ import annotations

import json
import warnings
from base64 import b64decode
from typing import TYPE_CHECKING

from ..errors import AccessError
from ..sdks import require
from ..secrets.redaction import remember
from ..secrets.secret import Secret
from .config import auth_key
from .registry import DOCKER_HUB, IDENTITY_USER, Login, registry_of

if TYPE_CHECKING:
    from ..contracts.container_registry import ContainerRegistry, ContainerRegistryConfig
    from ..contracts.service_connector import Credentials


def of_credentials(credentials: Credentials, registry: str) -> Login:
    """Return the login that a connector's DOCKER_CONFIG holds for a registry; raise AccessError when it has none."""
    try:
        auths = json.loads(credentials.files["config.json"].reveal())["auths"]
        username, _, password = b64decode(auths[auth_key(registry)]["auth"]).decode().partition(":")
    except (KeyError, TypeError, ValueError):
        raise AccessError(f"the service connector's credentials hold no login for {registry}") from None
    return _remembered(username, password)


def of_this_machine(registry: str) -> Login | None:
    """Return the login that `docker login` has left in Docker's configuration or its credential helper, if any.

    Raises AccessError when they cannot be read, MissingToolError without the Docker SDK.
    """
    docker = require("docker", "docker")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of a helper that is missing, which is raised, too
            found = docker.auth.load_config().resolve_authconfig(registry) or {}
    except (docker.errors.DockerException, docker.credentials.StoreError, ValueError):
        raise AccessError(
            f"Docker's own login for {registry} cannot be read",
            hint="mend Docker's config.json or the credential helper that it names, or connect a service connector",
        ) from None
    entry = {key.lower(): value for key, value in found.items()}  # helpers spell the keys otherwise than the file
    if entry.get("identitytoken"):
        return _remembered(IDENTITY_USER, entry["identitytoken"])
    return _remembered(entry["username"], entry["password"]) if entry.get("username") else None


def of_image(name: str, registry: ContainerRegistry[ContainerRegistryConfig] | None) -> Login | None:
    """Return the login for where an image is: a stack's registry knows its own, for others Docker may have one."""
    address = registry_of(name) if "/" in name else DOCKER_HUB
    if registry is not None and registry.resource_id() == address:
        return registry.find_login()
    return of_this_machine(address)


def for_engine(login: Login | None) -> dict[str, str]:
    """Return a login as the engine takes it with one request."""
    if login is None:
        return {}
    password = login.password.reveal()
    if login.username == IDENTITY_USER:
        return {"identitytoken": password}
    return {"username": login.username, "password": password}


def _remembered(username: str, password: str) -> Login:
    remember(password)
    return Login(username, Secret(password))

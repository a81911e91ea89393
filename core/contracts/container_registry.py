"""The contract of a container registry: where images are kept, and who may push and pull them."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Annotated, TypeVar

from ..docker.registry import Login, is_loopback, registry_of
from ..docker.registry_api import log_in
from ..errors import PodiumError
from ..sdk.docker_values import repository
from ..secrets.secret import Secret
from .component import About, Component, Finding, Settings
from .service_connector import Credentials

if TYPE_CHECKING:
    from ..spec import JSON


def prefix(uri: str) -> str:
    """Return an address as image names begin with it; raise ValueError unless it is a registry's or a path's in it."""
    uri = re.sub(r"^https?://", "", uri).rstrip("/")
    registry_of(uri)
    path = uri.partition("/")[2]
    if path != path.lower():
        raise ValueError("what follows the host is part of image names, which have no capital letters")
    return uri


def prefix_like(pattern: str, example: str) -> Callable[[str], str]:
    """Return a check of the addresses that one provider gives."""

    def checked(uri: str) -> str:
        uri = prefix(uri)
        if not re.fullmatch(pattern, uri):
            raise ValueError(f"an address of this provider looks like {example}")
        return uri

    return checked


class ContainerRegistryConfig(Settings):
    """What every registration may set."""

    uri: Annotated[str, About("Address that image names begin with, host[:port][/path].", then=prefix)]
    default_repository: Annotated[
        str | None, About("Repository below the uri for images that name none.", then=repository)
    ] = None
    username: Annotated[str | None, About("User of the registry, unless a service connector is used.")] = None
    password: Annotated[Secret | None, About("The user's password, or an access token.")] = None

    def conflicts(self) -> Iterator[str]:
        """Yield a fault when only one of user name and password is given."""
        if (self.username is None) != (self.password is None):
            yield "username and password belong together: give both or none"


RegistryConfigT = TypeVar("RegistryConfigT", bound=ContainerRegistryConfig)


class ContainerRegistry(Component[RegistryConfigT]):
    """A registered container registry."""

    connector_resource = "docker-registry"

    @classmethod
    def is_local(cls, config: Mapping[str, JSON]) -> bool:
        """Say whether the registry runs on this machine."""
        try:
            return is_loopback(registry_of(str(config.get("uri", ""))))
        except ValueError:
            return False

    @property
    def uri(self) -> str:
        """What the names of its images begin with."""
        return self.config.uri

    def resource_id(self) -> str:
        """Return the registry's `host[:port]`."""
        return registry_of(self.uri)

    def own_login(self) -> Login | None:
        """Return the user that the registration names."""
        config = self.config
        return Login(config.username, config.password) if config.username and config.password else None

    def credentials(self) -> Credentials | None:
        """Return a DOCKER_CONFIG from the service connector, else of the registration's own user.

        None leaves it to the login that docker itself has, or to a registry that is open to all.
        """
        if self.connector:
            return self.connector.credentials("docker-registry", self.resource_id())
        from ..docker.config import of_login

        login = self.own_login()
        return of_login(self.resource_id(), login) if login else None

    def find_login(self) -> Login | None:
        """Return the service connector's user, else the registration's own, else whom `docker login` has left."""
        from ..docker import logins

        registry = self.resource_id()
        if self.connector:
            return logins.of_credentials(self.connector.credentials("docker-registry", registry), registry)
        return self.own_login() or logins.of_this_machine(registry)

    def how_to_create(self, repository: str) -> str:
        """Say what to do when a push is refused since the registry has no such repository, named with its host."""
        return f"create {repository} at the registry, or let the user do so by pushing"

    def check(self) -> Iterator[Finding]:
        """Reach for the registry, and have it check the credentials."""
        registry, login = self.resource_id(), self.own_login()
        try:
            if self.connector:
                self.connector.verify("docker-registry", registry)
                yield Finding("ok", f"service connector {self.connector.name!r} is logged into {registry}")
                return
            asks = log_in(registry, login)
        except PodiumError as error:
            yield Finding("fail", error.message, error.hint)
            return
        if not asks:
            yield Finding("ok", f"{registry} is open to all")
        elif login:
            yield Finding("ok", f"user {login.username!r} is logged into {registry}")
        else:
            yield Finding(
                "warn",
                f"{registry} asks for a login, and container-registry {self.name!r} has none but docker's own",
                f"podium container-registry connect {self.name} --connector NAME",
            )

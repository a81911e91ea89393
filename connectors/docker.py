"""The docker service connector: one user of one container registry."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from ..core.contracts.component import About, Settings
from ..core.contracts.service_connector import AuthMethod, Credentials, ResourceType, ServiceConnector
from ..core.docker.registry import DOCKER_HUB, Login, registry_of
from ..core.docker.registry_api import log_in
from ..core.errors import AccessError, UsageError
from ..core.secrets.secret import Secret

if TYPE_CHECKING:
    from collections.abc import Iterator

_RESOURCE = ResourceType("docker-registry", instances=False, help="A Docker or OCI container registry.")


class DockerPasswordConfig(Settings):
    """A registry's user."""

    username: Annotated[str, About("Name of the user, or what the registry wants as the name beside a token.")]
    password: Annotated[Secret, About("Password, or an access token in its place.")]
    registry: Annotated[
        str | None, About("Address of the registry, host[:port]; by default Docker Hub.", then=registry_of)
    ] = None


class DockerConnector(ServiceConnector[DockerPasswordConfig]):
    """Logs into a container registry."""

    type = "docker"
    title = "Docker Service Connector"
    help = "Logs Docker, and jobs that pull images, into a container registry."
    integration = "docker"
    modules = ("docker",)
    resource_types = (_RESOURCE,)
    auth_methods = (AuthMethod("password", DockerPasswordConfig, "A user name with a password or an access token."),)
    remote = True

    @property
    def registry(self) -> str:
        """Address of the registry."""
        return self.config.registry or DOCKER_HUB

    def resources(self, resource_type: str) -> Iterator[str]:
        """Authenticate, and yield the registry's address."""
        self.verify(resource_type)
        yield self.registry

    def verify(self, resource_type: str | None = None, resource_id: str | None = None) -> None:
        """Have the registry check the password."""
        del resource_type
        log_in(self.registry, self._login(resource_id))

    def client(self, resource_type: str, resource_id: str | None = None) -> object:
        """Return a docker.DockerClient whose engine has logged into the registry; nothing is written to a file."""
        del resource_type
        login = self._login(resource_id)
        from ..core.docker.engine import connect

        client = connect()
        from docker.errors import APIError  # there, since there is a client

        registry = None if self.registry == DOCKER_HUB else self.registry
        try:
            client.login(login.username, login.password.reveal(), registry=registry, reauth=True)
        except APIError as error:
            client.close()
            raise AccessError(
                f"the Docker engine could not log into {self.registry} as {login.username!r} ({error.status_code})",
                hint=f"podium service-connector verify {self.name} says whether the password is right",
            ) from None
        return client

    def credentials(self, resource_type: str, resource_id: str | None = None) -> Credentials:
        """Return a folder for DOCKER_CONFIG that holds the login; it ends only with the password."""
        del resource_type
        from ..core.docker.config import of_login

        return of_login(self.registry, self._login(resource_id))

    def login(self, resource_type: str, resource_id: str | None = None) -> str:
        """Log the user's own docker in, as `docker login` does, once the registry has accepted the password."""
        del resource_type
        from ..core.docker.config import store

        login = self._login(resource_id)
        log_in(self.registry, login)
        return f"docker is logged into {self.registry} as {login.username!r}; the password is in " + store(
            self.registry, login
        )

    def _login(self, resource_id: str | None) -> Login:
        """Return the user; raise UsageError when another registry is wanted than the connector's."""
        try:
            wanted = registry_of(resource_id) if resource_id else self.registry
        except ValueError as error:
            raise UsageError(f"resource id {resource_id!r}: {error}") from None
        if wanted != self.registry:
            raise UsageError(
                f"service connector {self.name!r} is for the registry {self.registry}, not for {wanted}",
                hint=f"podium service-connector update {self.name} --registry={wanted}, or register another one",
            )
        return Login(self.config.username, self.config.password)

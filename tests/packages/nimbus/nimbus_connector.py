"""A service connector of another package: a small storage service, reached over HTTP."""

import json
import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated
from urllib.error import HTTPError, URLError
from urllib.request import Request, urlopen

from podium.core.contracts.component import About, Settings
from podium.core.contracts.service_connector import AuthMethod, Credentials, Detected, ResourceType, ServiceConnector
from podium.core.errors import AccessError
from podium.core.secrets.secret import Secret


class TokenConfig(Settings):
    """A token."""

    url: Annotated[str, About("Address of the service.")]
    token: Annotated[Secret, About("Access token.")]
    zones: Annotated[list[str] | None, About("Zones to look into.")] = None


class SessionConfig(TokenConfig):
    """A token that ends."""

    session: Annotated[Secret, About("Session that the token belongs to.")]


class KeyConfig(TokenConfig):
    """The same fields as a token has."""


class NimbusConnector(ServiceConnector[TokenConfig]):
    """Keeps buckets."""

    type = "nimbus"
    title = "Nimbus Service Connector"
    help = "Reaches the buckets of a Nimbus account."
    integration = "nimbus"
    resource_types = (
        ResourceType("nimbus-account", instances=False, help="The account itself."),
        ResourceType("nimbus-bucket", instances=True, help="A bucket, by its name."),
    )
    auth_methods = (
        AuthMethod("token", TokenConfig, "An access token."),
        AuthMethod("session", SessionConfig, "A token of a session.", expires=True),
        AuthMethod("key", KeyConfig, "A key, given as a token."),
    )
    remote = True

    def resources(self, resource_type: str) -> Iterator[str]:
        """Ask the service."""
        yield from self._get("/account" if resource_type == "nimbus-account" else "/buckets")

    def verify(self, resource_type: str | None = None, resource_id: str | None = None) -> None:
        """Ask the service."""
        self._get("/account")
        if resource_id and resource_id not in self.resources(resource_type or "nimbus-bucket"):
            raise AccessError(f"no {resource_type} {resource_id!r} at {self.config.url}")

    def client(self, resource_type: str, resource_id: str | None = None) -> object:
        """Return what asks the service."""
        del resource_type, resource_id
        return self._get

    def credentials(self, resource_type: str, resource_id: str | None = None) -> Credentials:
        """Hand on the token in a file."""
        del resource_type, resource_id
        return Credentials(
            environment={"NIMBUS_TOKEN_FILE": Secret("{dir}/token")},
            files={"token": self.config.token},
            expires=time.time() + self.expiration_seconds if self.expiration_seconds else None,
        )

    def login(self, resource_type: str, resource_id: str | None = None) -> str:
        """Write the client's file."""
        del resource_id
        path = Path(os.environ["NIMBUS_HOME"]) / "login"
        path.write_text(self.config.token.reveal(), encoding="utf-8")
        return f"nimbus is logged into {self.config.url} for {resource_type}"

    @classmethod
    def detect(cls) -> Detected:
        """Read the environment."""
        values = {"url": os.environ["NIMBUS_URL"], "token": Secret(os.environ["NIMBUS_TOKEN"]), "session": "s-1"}
        return Detected("session", values, "NIMBUS_TOKEN", expires=float(os.environ["NIMBUS_EXPIRES"]))

    def _get(self, path: str) -> list[str]:
        request = Request(self.config.url + path, headers={"Authorization": self.config.token.reveal()})  # noqa: S310
        try:
            with urlopen(request, timeout=5) as answer:  # noqa: S310 - a loopback address
                found: list[str] = json.load(answer)
        except HTTPError as error:
            error.close()
            raise AccessError(f"{self.config.url} does not accept this token ({error.code})") from None
        except URLError as error:
            raise AccessError(f"{self.config.url} cannot be reached: {error.reason}") from None
        return found

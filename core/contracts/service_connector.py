"""The contract of a service connector: credentials for a service, kept once and used by many components."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from typing import ClassVar, Generic

from ..dataclass import dataclass, field
from ..errors import UsageError
from ..secrets.secret import Secret
from .component import ConfigT, Settings


@dataclass(frozen=True, slots=True)
class ResourceType:
    """What a connector gives access to; `instances` says that there are several, each with a resource id."""

    name: str
    instances: bool
    help: str


@dataclass(frozen=True, slots=True)
class AuthMethod:
    """One way to authenticate: its fields, and for methods whose credentials end by themselves why that is."""

    name: str
    config_class: type[Settings]
    help: str
    expires: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Credentials:
    """What a job needs to reach the service by itself; `expires` is in seconds since the epoch, None for never.

    `files` maps file names to their content; `environment` may name them by `{dir}/<file name>`.
    """

    environment: Mapping[str, Secret] = field(default_factory=dict)
    files: Mapping[str, Secret] = field(default_factory=dict)
    expires: float | None = None


@dataclass(frozen=True, slots=True)
class Detected:
    """What `--auto-configure` found on this machine: an auth method and the values of its fields.

    `expires` is in seconds since the epoch, None for never.
    """

    auth_method: str
    values: Mapping[str, object]
    source: str
    expires: float | None = None


class ServiceConnector(ABC, Generic[ConfigT]):
    """One registered connector with its secrets resolved; SDKs are imported inside methods, so types need none.

    Each method that reaches the service raises AccessError saying which credential, host or permission is wrong, and
    MissingToolError naming `podium integration install X` when its SDK is not installed.
    """

    type: ClassVar[str]
    title: ClassVar[str]
    help: ClassVar[str]
    integration: ClassVar[str]
    """Name for `podium integration install`."""
    modules: ClassVar[Sequence[str]] = ()
    """Top-level modules of the SDK, all of which are needed."""
    resource_types: ClassVar[Sequence[ResourceType]]
    auth_methods: ClassVar[Sequence[AuthMethod]]
    remote: ClassVar[bool] = False
    """Whether it can hand credentials to jobs."""

    def __init__(
        self,
        name: str,
        auth_method: str,
        config: ConfigT,
        *,
        resource_type: str | None = None,
        resource_id: str | None = None,
        expiration_seconds: int | None = None,
    ) -> None:
        self.name = name
        self.auth_method = auth_method
        self.config = config
        self.resource_type = resource_type
        self.resource_id = resource_id
        self.expiration_seconds = expiration_seconds

    @abstractmethod
    def resources(self, resource_type: str) -> Iterator[str]:
        """Authenticate, and yield the id of every resource of a type that is reachable.

        A type without instances has one id: a registry's or server's address, or an account.
        """

    @abstractmethod
    def verify(self, resource_type: str | None = None, resource_id: str | None = None) -> None:
        """Reach the service with these credentials, and the resource if one is named."""

    @abstractmethod
    def client(self, resource_type: str, resource_id: str | None = None) -> object:
        """Return the SDK's client, ready to use: a boto3 session, a paramiko, Docker or Kubernetes client."""

    def credentials(self, resource_type: str, resource_id: str | None = None) -> Credentials:
        """Return credentials for a job, as short-lived as can be; raise UsageError when there are none."""
        del resource_id
        raise UsageError(f"a {self.type} connector hands no credentials for {resource_type} to jobs")

    def login(self, resource_type: str, resource_id: str | None = None) -> str:
        """Give this machine's own client (docker, kubectl, aws) these credentials; return what was configured."""
        del resource_id
        raise UsageError(f"a {self.type} connector has no login for {resource_type}")

    @classmethod
    def detect(cls) -> Detected:
        """Find credentials on this machine; raise UsageError for a type that has no auto-configuration."""
        raise UsageError(f"service connectors of type {cls.type} have no auto-configuration")

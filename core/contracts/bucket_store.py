"""What artifact stores have in common that keep their objects below a path of a cloud's bucket."""

from __future__ import annotations

import re
from abc import abstractmethod
from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, TypeVar

from ..errors import PodiumError
from .artifact_store import ArtifactStore
from .artifact_store_flavor import ArtifactStoreFlavor
from .component import Finding, Settings

if TYPE_CHECKING:
    from ..spec import JSON


def bucket_url(*schemes: str) -> Callable[[str], str]:
    """Return a check that a path is `<scheme>://BUCKET[/PREFIX]`, and that drops what ends it without a meaning."""
    pattern = re.compile(rf"(?:{'|'.join(schemes)})://[A-Za-z0-9$][A-Za-z0-9._-]{{1,254}}(?:/[^\x00-\x1f\x7f]*)?")

    def checked(path: str) -> str:
        if not pattern.fullmatch(path):
            raise ValueError(f"a path is {schemes[0]}://BUCKET or {schemes[0]}://BUCKET/PREFIX")
        parts = path.partition("://")[2].rstrip("/").split("/")
        if {"", ".", ".."} & set(parts):
            raise ValueError("a path has no empty, . or .. parts")
        return path.rstrip("/")

    return checked


class BucketStoreConfig(Settings):
    """What every registration sets."""

    path: str


BucketStoreConfigT = TypeVar("BucketStoreConfigT", bound=BucketStoreConfig)


class BucketStore(ArtifactStoreFlavor[BucketStoreConfigT]):
    """A registered store in a bucket, reached with its service connector, else with its own or this machine's keys."""

    @property
    def bucket(self) -> str:
        """Name of the bucket."""
        return self.config.path.partition("://")[2].partition("/")[0]

    @property
    def prefix(self) -> str:
        """What the names of its objects begin with, without a slash at either end."""
        return self.config.path.partition("://")[2].partition("/")[2]

    def resource_id(self) -> str:
        """Return the bucket's URL."""
        return self.config.path.removesuffix(f"/{self.prefix}")

    @abstractmethod
    def access(self, *, elsewhere: bool) -> Mapping[str, JSON]:
        """Return the options of `RemoteObjects`, asked for when first needed and before credentials end.

        For processes `elsewhere` they have credentials of their own, as short-lived as can be.
        """

    def open(self) -> ArtifactStore:
        """Return the store; nothing is asked of the service yet."""
        from ..artifacts.remote import RemoteObjects

        return RemoteObjects(self.config.path, self.access)

    def address(self) -> str:
        """Return the URL of the service."""
        return str(self.access(elsewhere=False)["address"])

    @abstractmethod
    def reach(self) -> None:
        """List the bucket without a connector; raise PodiumError saying what is wrong: credential, host, permission."""

    def check(self) -> Iterator[Finding]:
        """Reach for the bucket."""
        try:
            if self.connector and self.connector_resource:
                self.connector.verify(self.connector_resource, self.resource_id())
                how = f"service connector {self.connector.name!r}"
            else:
                self.reach()
                how = f"artifact-store {self.name!r}"
        except PodiumError as error:
            yield Finding("fail", error.message, error.hint)
        else:
            yield Finding("ok", f"{how} reaches {self.resource_id()}")

"""The file system of Azure's Blob Storage that the Azure artifact store uses: adlfs, reached and read otherwise."""

from __future__ import annotations

from typing import Any

from adlfs import AzureBlobFileSystem
from azure.storage.blob.aio import BlobServiceClient

_CALLS: dict[str, Any] = {"retry_total": 0, "connection_timeout": 5, "read_timeout": 30}


class AzureFiles(AzureBlobFileSystem):  # type: ignore[misc] # adlfs has no types
    """Reaches an account as it is told to, whatever the environment says, and tries every request once.

    adlfs reads paths as URLs and as patterns, so that it takes other objects for those whose names have `?` or `*`.
    """

    def __init__(
        self,
        *,
        account_url: str = "",
        connection_string: str = "",
        principal: dict[str, str] | None = None,
        **options: object,
    ) -> None:
        self._address = account_url
        self._connection = connection_string
        super().__init__(credential=None if connection_string else _identity(principal), anon=True, **options)

    def do_connect(self) -> None:
        """Make the client; raise ValueError for a connection string that is none."""
        if self._connection:
            self.service_client = BlobServiceClient.from_connection_string(self._connection, **_CALLS)
        else:
            self.service_client = BlobServiceClient(self._address, self.credential, **_CALLS)

    @classmethod
    def _strip_protocol(cls, path: str) -> str:
        return path

    async def _find(self, path: str, *, prefix: str) -> list[str]:
        container, name, _ = self.split_path(f"{path}/{prefix}")
        async with self.service_client.get_container_client(container) as client:
            return [f"{container}/{found.name}" async for found in client.list_blobs(name_starts_with=name)]

    async def _expand_path(self, path: list[str], **_: object) -> list[str]:
        return path

    def split_path(self, path: str, *_: object, **__: object) -> tuple[str, str, None]:
        """Return the container and the name in it."""
        container, _slash, name = path.partition("/")
        return container, name, None


def _identity(principal: dict[str, str] | None) -> object:
    from azure.identity import aio

    return aio.ClientSecretCredential(**principal) if principal else aio.DefaultAzureCredential()

"""The Azure artifact store: a container of Blob Storage."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Annotated, ClassVar

from ..core.contracts.bucket_store import BucketStore, BucketStoreConfig, bucket_url
from ..core.contracts.component import About, Settings
from ..core.errors import AccessError, NotFoundError, PodiumError
from ..core.sdks import require
from ..core.secrets.secret import Secret

if TYPE_CHECKING:
    from azure.core.exceptions import HttpResponseError
    from azure.storage.blob import ContainerClient

    from ..core.spec import JSON

_CONNECTION = "AZURE_STORAGE_CONNECTION_STRING"
"""What a connector names its credentials for containers of blobs."""
_PATIENCE = {"connection_timeout": 5, "read_timeout": 15, "retry_total": 0}


class AzureArtifactStoreConfig(BucketStoreConfig):
    """Configuration of an Azure artifact store."""

    path: Annotated[str, About("az://CONTAINER[/PREFIX], or abfs://….", then=bucket_url("az", "abfs"))]
    account_name: Annotated[str | None, About("Storage account.")] = None
    account_key: Annotated[Secret | None, About("Key of the storage account.")] = None
    sas_token: Annotated[Secret | None, About("Shared access signature for the container.")] = None
    connection_string: Annotated[Secret | None, About("Connection string, which names account and key.")] = None
    client_id: Annotated[str | None, About("Client id of a service principal.")] = None
    client_secret: Annotated[Secret | None, About("Secret of the service principal.")] = None
    tenant_id: Annotated[str | None, About("Tenant of the service principal.")] = None

    def conflicts(self) -> Iterator[str]:
        """Yield a fault for several kinds of credentials, part of a service principal, and no account."""
        principal = (self.client_id, self.client_secret, self.tenant_id)
        if any(principal) and not all(principal):
            yield "client_id, client_secret and tenant_id belong together: give all or none"
        kinds = (self.account_key, self.sas_token, self.connection_string, self.client_secret)
        if sum(map(bool, kinds)) > 1:
            yield "account_key, sas_token, connection_string and client_secret exclude each other: give one of them"
        if any((self.account_key, self.sas_token, self.client_secret)) and not self.account_name:
            yield "account_name is missing"


class AzureArtifactStore(BucketStore[AzureArtifactStoreConfig]):
    """Keep runs and artifacts in a container of Azure Blob Storage."""

    flavor: ClassVar[str] = "azure"
    config_class: ClassVar[type[Settings]] = AzureArtifactStoreConfig
    connector_resource: ClassVar[str | None] = "blob-container"

    def access(self, *, elsewhere: bool) -> Mapping[str, JSON]:
        """Return what adlfs is made with: the credentials of the connector, of the config, or of this machine.

        Raises AccessError for processes `elsewhere` when there is only a login of this machine.
        """
        require("adlfs", "azure")
        connection: str | None
        expires: float | None = None
        if self.connector and self.connector_resource:
            given = self.connector.credentials(self.connector_resource, self.resource_id())
            connection, expires = given.environment[_CONNECTION].reveal(), given.expires
        else:
            connection = self._connection()
        storage: dict[str, JSON]
        if connection:
            address, storage = self._address(connection), {"connection_string": connection}
        elif elsewhere and not self.config.client_secret:
            raise AccessError(
                f"artifact-store {self.name!r} is reached with a login of this machine, which no job elsewhere has",
                hint="set account_key, sas_token, connection_string or a service principal",
            )
        else:
            address, storage = self._endpoint, {"account_url": self._endpoint, "principal": self._principal()}
        return {
            "file_system": "podium.flavors.azure_file_system:AzureFiles",
            "address": address,
            "storage": storage,
            "transfer": {"max_concurrency": 4},
            **({"expires": expires} if expires else {}),
        }

    def reach(self) -> None:
        """List the container; raise AccessError or NotFoundError saying what is wrong."""
        sdk = require("azure.core.exceptions", "azure")
        try:
            with self._client() as client:
                next(client.list_blobs(name_starts_with=self.prefix, results_per_page=1), None)
        except (sdk.ServiceRequestError, sdk.ServiceResponseError):
            raise AccessError(
                f"the storage account of artifact-store {self.name!r}, or Azure's login, cannot be reached",
                hint="check account_name or connection_string, and the network",
            ) from None
        except sdk.HttpResponseError as error:
            raise self._refused(error) from None
        except ValueError:
            raise self._malformed() from None

    @property
    def _endpoint(self) -> str:
        if not self.config.account_name:
            raise AccessError(f"artifact-store {self.name!r} names no storage account", hint="set account_name")
        return f"https://{self.config.account_name}.blob.core.windows.net"

    def _connection(self) -> str | None:
        """Return the connection string that the config makes, None for an identity."""
        config = self.config
        if config.connection_string:
            return config.connection_string.reveal()
        if config.account_key:
            key = config.account_key.reveal()
            return f"BlobEndpoint={self._endpoint};AccountName={config.account_name};AccountKey={key}"
        if config.sas_token:
            return f"BlobEndpoint={self._endpoint};SharedAccessSignature={config.sas_token.reveal().removeprefix('?')}"
        return None

    def _address(self, connection: str) -> str:
        """Return the address of the account of a connection string."""
        sdk = require("azure.storage.blob", "azure").ContainerClient
        try:
            client = sdk.from_connection_string(connection, self.bucket)
        except ValueError:
            raise self._malformed() from None
        with client:
            return f"{client.scheme}://{client.primary_hostname}"

    def _principal(self) -> JSON:
        config = self.config
        if not config.client_secret:
            return None
        secret = config.client_secret.reveal()
        return {"tenant_id": config.tenant_id, "client_id": config.client_id, "client_secret": secret}

    def _client(self) -> ContainerClient:
        sdk, connection = require("azure.storage.blob", "azure").ContainerClient, self._connection()
        client: ContainerClient
        if connection:
            client = sdk.from_connection_string(connection, self.bucket, **_PATIENCE)
        else:
            client = sdk(self._endpoint, self.bucket, credential=self._identity(), **_PATIENCE)
        return client

    def _identity(self) -> object:
        sdk, config = require("azure.identity", "azure"), self.config
        if config.client_secret:
            return sdk.ClientSecretCredential(config.tenant_id, config.client_id, config.client_secret.reveal())
        return sdk.DefaultAzureCredential()

    def _malformed(self) -> AccessError:
        return AccessError(
            f"the credentials of artifact-store {self.name!r} are not in the form that Azure gives them",
            hint="copy account_key, sas_token or connection_string again",
        )

    def _refused(self, error: HttpResponseError) -> PodiumError:
        owner, container = f"artifact-store {self.name!r}", f"container {self.bucket!r}"
        code = getattr(error, "error_code", None) or error.status_code or type(error).__name__
        code = getattr(code, "value", code)  # the SDK has an enumeration of those it knows
        if error.status_code == 404:
            return NotFoundError(f"{container} does not exist ({code})", hint="check its name and the account")
        if error.status_code == 403 and "Authorization" in str(code):
            return AccessError(
                f"{owner} may not list {container} ({code})",
                hint="give its identity the role Storage Blob Data Contributor, or a signature that lists",
            )
        if error.status_code in {None, 401, 403}:
            return AccessError(
                f"Azure does not accept the credentials of {owner} ({code})",
                hint="a key was rotated, a signature has expired, or az login has ended",
            )
        return AccessError(f"{container} cannot be listed: the service answers {code}", hint="try again later")

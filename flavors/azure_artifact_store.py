"""The Azure artifact store: a container of Blob Storage."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated, ClassVar

from ..core.contracts.bucket_store import BucketStore, BucketStoreConfig, bucket_url
from ..core.contracts.component import About, Settings
from ..core.errors import AccessError, NotFoundError, PodiumError
from ..core.sdks import require
from ..core.secrets.secret import Secret

if TYPE_CHECKING:
    from azure.core.exceptions import HttpResponseError
    from azure.storage.blob import ContainerClient

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
            raise AccessError(
                f"the credentials of artifact-store {self.name!r} are not in the form that Azure gives them",
                hint="copy account_key, sas_token or connection_string again",
            ) from None

    def _client(self) -> ContainerClient:
        sdk, config = require("azure.storage.blob", "azure").ContainerClient, self.config
        client: ContainerClient
        if config.connection_string:
            client = sdk.from_connection_string(config.connection_string.reveal(), self.bucket, **_PATIENCE)
        elif config.account_name:
            own = config.account_key or config.sas_token
            credential = own.reveal() if own else self._identity()
            url = f"https://{config.account_name}.blob.core.windows.net"
            client = sdk(url, self.bucket, credential=credential, **_PATIENCE)
        else:
            raise AccessError(f"artifact-store {self.name!r} names no storage account", hint="set account_name")
        return client

    def _identity(self) -> object:
        sdk, config = require("azure.identity", "azure"), self.config
        if config.client_secret:
            return sdk.ClientSecretCredential(config.tenant_id, config.client_id, config.client_secret.reveal())
        return sdk.DefaultAzureCredential()

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

"""The GCS artifact store: a bucket of Google Cloud Storage."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, ClassVar

from ..core.contracts.bucket_store import BucketStore, BucketStoreConfig, bucket_url
from ..core.contracts.component import About, Settings
from ..core.errors import AccessError, NotFoundError, PodiumError
from ..core.sdks import require
from ..core.secrets.secret import Secret

if TYPE_CHECKING:
    from ..core.contracts.service_connector import Credentials
    from ..core.spec import JSON

_API = "https://storage.googleapis.com"
_PART = 8 << 20
"""Bytes of one part of an upload."""
_AMBIENT = "google_default"
"""Has gcsfs look for the credentials of the machine that it runs on."""
_KEY_FILE = "GOOGLE_APPLICATION_CREDENTIALS"
_SCOPE = "https://www.googleapis.com/auth/devstorage.read_write"
_TIMEOUT = 15.0
_KEY_FIELDS = {"client_email", "private_key", "token_uri"}


def _service_account(text: Secret) -> Secret:
    try:
        key = json.loads(text.reveal())
    except ValueError:
        key = None
    if not (isinstance(key, dict) and key.keys() >= _KEY_FIELDS):
        raise ValueError("the key of a service account is JSON with client_email, private_key and token_uri")
    return text


class GCSArtifactStoreConfig(BucketStoreConfig):
    """Configuration of a GCS artifact store."""

    path: Annotated[str, About("gs://BUCKET[/PREFIX].", then=bucket_url("gs"))]
    service_account_json: Annotated[
        Secret | None,
        About("Key of a service account, unless this machine's credentials are used; @FILE.", then=_service_account),
    ] = None
    project: Annotated[str | None, About("Project that requests are billed to.")] = None
    endpoint_url: Annotated[str | None, About("Address of the service, by default Google's.")] = None


class GCSArtifactStore(BucketStore[GCSArtifactStoreConfig]):
    """Keep runs and artifacts in a bucket of Google Cloud Storage."""

    flavor: ClassVar[str] = "gcs"
    config_class: ClassVar[type[Settings]] = GCSArtifactStoreConfig
    connector_resource: ClassVar[str | None] = "gcs-bucket"

    def access(self, *, elsewhere: bool) -> Mapping[str, JSON]:
        """Return what gcsfs is made with: the key of the connector, of the config, or what this machine finds."""
        require("gcsfs", "gcp")
        config = self.config
        address, expires = config.endpoint_url or _API, None
        token: JSON = _AMBIENT
        if self.connector and self.connector_resource:
            given = self.connector.credentials(self.connector_resource, self.resource_id())
            token, expires = _key_of(given), given.expires
        elif config.service_account_json:
            token = json.loads(config.service_account_json.reveal())
        elif elsewhere and (file := _machine_key()).is_file():
            token = _login_in(file)
        return {
            "file_system": "podium.flavors.gcs_file_system:GCSFiles",
            "address": address,
            "storage": {
                "endpoint_url": address,
                "token": token,
                "access": "read_write",
                "project": "",  # else gcsfs wants it to be that of the credentials
                "requester_pays": config.project or False,
            },
            "transfer": {"chunksize": _PART},
            **({"expires": expires} if expires else {}),
        }

    def reach(self) -> None:
        """List the bucket; raise AccessError or NotFoundError saying what is wrong."""
        auth = require("google.auth.exceptions", "gcp")
        transport = require("google.auth.transport.requests", "gcp")
        from requests import RequestException

        host = self.config.endpoint_url or _API
        parameters = {"maxResults": "1", "prefix": self.prefix}
        if self.config.project:
            parameters["userProject"] = self.config.project
        try:
            with transport.AuthorizedSession(self._credentials()) as session:
                answer = session.get(f"{host}/storage/v1/b/{self.bucket}/o", params=parameters, timeout=_TIMEOUT)
        except auth.DefaultCredentialsError:
            raise AccessError(
                f"there are no Google Cloud credentials on this machine for artifact-store {self.name!r}",
                hint="gcloud auth application-default login, or set service_account_json",
            ) from None
        except auth.TransportError:
            raise AccessError("Google's token service cannot be reached", hint="check the network") from None
        except (auth.GoogleAuthError, ValueError):
            raise AccessError(
                f"Google refuses the credentials of artifact-store {self.name!r}",
                hint="the key was deleted or damaged, or the login of this machine has ended",
            ) from None
        except RequestException:
            raise AccessError(f"{host} cannot be reached", hint="check endpoint_url and the network") from None
        if answer.status_code != 200:
            raise self._refused(answer.status_code)

    def _credentials(self) -> object:
        if self.config.service_account_json:
            key = json.loads(self.config.service_account_json.reveal())
            account = require("google.oauth2.service_account", "gcp").Credentials
            return account.from_service_account_info(key, scopes=[_SCOPE])
        return require("google.auth", "gcp").default(scopes=[_SCOPE])[0]

    def _refused(self, status: int) -> PodiumError:
        owner, bucket = f"artifact-store {self.name!r}", f"bucket {self.bucket!r}"
        if status == 404:
            return NotFoundError(f"{bucket} does not exist ({status})", hint="check its name")
        if status == 403:
            return AccessError(
                f"{owner} lacks the permission storage.objects.list on {bucket} ({status})",
                hint="give its account the role Storage Object User on the bucket",
            )
        if status == 401:
            return AccessError(f"Google does not accept the credentials of {owner} ({status})", hint="give new ones")
        return AccessError(f"{bucket} cannot be listed: the service answers {status}", hint="try again later")


def _key_of(given: Credentials) -> JSON:
    """Return the key file that a connector hands out, as JSON."""
    name = given.environment[_KEY_FILE].reveal().removeprefix("{dir}/")
    key: JSON = json.loads(given.files[name].reveal())
    return key


def _login_in(file: Path) -> JSON:
    try:
        login: JSON = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        raise AccessError(f"{file} is no login of Google's", hint="gcloud auth application-default login") from None
    return login


def _machine_key() -> Path:
    """Return where Google's own tools keep the credentials of this machine, if they are in a file."""
    folder = Path(os.environ.get("CLOUDSDK_CONFIG") or Path.home() / ".config" / "gcloud")
    return Path(os.environ.get(_KEY_FILE) or folder / "application_default_credentials.json")

"""The S3 artifact store: a bucket of AWS, or of another service with its protocol."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Annotated, ClassVar, cast

from ..core.aws_errors import asking
from ..core.aws_machine import carried_keys, endpoint
from ..core.contracts.bucket_store import BucketStore, BucketStoreConfig, bucket_url
from ..core.contracts.component import About, Settings
from ..core.errors import UsageError
from ..core.sdks import require
from ..core.secrets.secret import Secret

if TYPE_CHECKING:
    from ..core.spec import JSON

_PART = 8 << 20
"""Bytes of one part of an upload or download, four of which go at the same time."""
_CALLS: dict[str, JSON] = {
    "connect_timeout": 5,
    "read_timeout": 30,
    "retries": {"total_max_attempts": 2, "mode": "standard"},
}
_KEYS = {"key": "AWS_ACCESS_KEY_ID", "secret": "AWS_SECRET_ACCESS_KEY", "token": "AWS_SESSION_TOKEN"}
_PATIENCE: dict[str, object] = {"connect_timeout": 5, "read_timeout": 15, "retries": {"total_max_attempts": 2}}


class S3ArtifactStoreConfig(BucketStoreConfig):
    """Configuration of an S3 artifact store."""

    path: Annotated[str, About("s3://BUCKET[/PREFIX].", then=bucket_url("s3"))]
    key: Annotated[Secret | None, About("Access key id, unless a service connector or this machine's are used.")] = None
    secret: Annotated[Secret | None, About("Secret access key.")] = None
    token: Annotated[Secret | None, About("Session token, of temporary keys.")] = None
    endpoint_url: Annotated[str | None, About("Address of the service, by default AWS's.")] = None
    client_kwargs: Annotated[
        dict[str, object] | None, About("Arguments of boto3's client, as region_name or verify.")
    ] = None
    config_kwargs: Annotated[dict[str, object] | None, About("Arguments of botocore's Config.")] = None
    s3_additional_kwargs: Annotated[
        dict[str, object] | None, About("Arguments of each call, as ServerSideEncryption.")
    ] = None

    def conflicts(self) -> Iterator[str]:
        """Yield a fault for half a pair of keys, for keys where they would be shown, and for two endpoints."""
        if (self.key is None) != (self.secret is None):
            yield "key and secret belong together: give both or none"
        if self.token and not self.key:
            yield "token needs key and secret"
        named = self.client_kwargs or {}
        shown = [name for name in named if name.startswith("aws_")]
        if shown:
            yield f"client_kwargs holds {', '.join(shown)}: give them as key, secret and token, which are kept secret"
        if self.endpoint_url and named.get("endpoint_url", self.endpoint_url) != self.endpoint_url:
            yield "endpoint_url and that of client_kwargs differ: give one of them"


class S3ArtifactStore(BucketStore[S3ArtifactStoreConfig]):
    """Keep runs and artifacts in a bucket of S3."""

    flavor: ClassVar[str] = "s3"
    config_class: ClassVar[type[Settings]] = S3ArtifactStoreConfig
    connector_resource: ClassVar[str | None] = "s3-bucket"

    def access(self, *, elsewhere: bool) -> Mapping[str, JSON]:
        """Return what s3fs is made with: the keys of the connector, of the config, or of this machine.

        Processes of this machine are told none of its own keys, which they find, and renew, by themselves.
        """
        require("s3fs", "s3")
        config = self.config
        client: dict[str, object] = dict(config.client_kwargs or {})
        address = config.endpoint_url or client.pop("endpoint_url", None)
        keys: dict[str, object] = {name: value.reveal() for name in _KEYS if (value := getattr(config, name))}
        expires: float | None = None
        if self.connector and self.connector_resource:
            given = self.connector.credentials(self.connector_resource, self.resource_id())
            told = {name: value.reveal() for name, value in given.environment.items()}
            keys = {name: told[variable] for name, variable in _KEYS.items() if variable in told}
            address, expires = address or told.get("AWS_ENDPOINT_URL"), given.expires
            client.setdefault("region_name", told["AWS_REGION"])
        elif not keys:
            with asking(f"artifact-store {self.name!r}", "a look at the AWS configuration"):
                session = require("botocore.session", "s3").Session()
                address = address or endpoint(session)
                client.setdefault("region_name", session.get_config_variable("region"))
                if elsewhere:
                    found = carried_keys(session)
                    keys, expires = {"key": found.key, "secret": found.secret, "token": found.token}, found.expires
        region = client.get("region_name") or "us-east-1"
        storage = {
            **keys,
            "endpoint_url": address,
            "client_kwargs": client,
            "config_kwargs": {**_CALLS, **(config.config_kwargs or {})},
            "s3_additional_kwargs": config.s3_additional_kwargs or {},
            "max_concurrency": 1,  # else s3fs asks for the size of each object first
        }
        options = {
            "file_system": "podium.flavors.s3_file_system:S3Files",
            "address": address or f"https://s3.{region}.amazonaws.com",
            "storage": storage,
            "transfer": {"max_concurrency": 4, "chunksize": _PART},
            **({"expires": expires} if expires else {}),
            **({"temporary": True} if keys.get("token") else {}),
        }
        return cast("Mapping[str, JSON]", options)  # the config came as JSON

    def reach(self) -> None:
        """List the bucket; raise AccessError or NotFoundError saying what is wrong."""
        sdk = require("botocore.session", "s3")
        config = require("botocore.config", "s3").Config
        with asking(f"artifact-store {self.name!r}", "s3:ListBucket", f"bucket {self.bucket!r}"):
            try:
                options = config(**_PATIENCE).merge(config(**self.config.config_kwargs or {}))
                client = sdk.Session().create_client("s3", config=options, **self._client_arguments())
            except (TypeError, ValueError):
                raise UsageError(
                    "config_kwargs or client_kwargs hold what botocore does not take",
                    hint="client_kwargs are arguments of boto3's client(), config_kwargs of botocore's Config()",
                ) from None
            client.list_objects_v2(Bucket=self.bucket, Prefix=self.prefix, MaxKeys=1)

    def _client_arguments(self) -> dict[str, object]:
        config = self.config
        own = {
            "endpoint_url": config.endpoint_url,
            "aws_access_key_id": config.key.reveal() if config.key else None,
            "aws_secret_access_key": config.secret.reveal() if config.secret else None,
            "aws_session_token": config.token.reveal() if config.token else None,
        }
        return (config.client_kwargs or {}) | {name: value for name, value in own.items() if value}

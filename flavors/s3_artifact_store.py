"""The S3 artifact store: a bucket of AWS, or of another service with its protocol."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, ClassVar

from ..core.aws_errors import asking
from ..core.contracts.bucket_store import BucketStore, BucketStoreConfig, bucket_url
from ..core.contracts.component import About, Settings
from ..core.errors import UsageError
from ..core.sdks import require
from ..core.secrets.secret import Secret

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

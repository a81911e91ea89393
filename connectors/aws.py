"""The aws service connector: what one user or role of AWS may reach."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import TYPE_CHECKING

from ..core.contracts.service_connector import AuthMethod, Credentials, Detected, ResourceType, ServiceConnector
from ..core.dataclass import replace
from ..core.errors import UsageError
from ..core.expiry import in_utc
from ..core.sdks import require
from ..core.secrets.secret import Secret
from .aws_config import (
    BUCKET,
    CLUSTER,
    GENERIC,
    REGISTRY,
    AWSConfig,
    FederationTokenConfig,
    IAMRoleConfig,
    ImplicitConfig,
    SecretKeyConfig,
    STSTokenConfig,
    owner_of,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from boto3 import Session


class AWSConnector(ServiceConnector[AWSConfig]):
    """Reaches the services of AWS, or of others that speak their protocols.

    The implicit method is always allowed: podium runs on its user's own machine, whose AWS configuration it may read.
    """

    type = "aws"
    title = "AWS Service Connector"
    help = "Gives components a boto3 session, a Docker or Kubernetes client, and jobs temporary credentials."
    integration = "aws"
    modules = ("boto3",)
    resource_types = (
        ResourceType(GENERIC, instances=False, help="Any service of AWS; the id is the account's."),
        ResourceType(BUCKET, instances=True, help="An S3 bucket: s3://BUCKET, its ARN or its name."),
        ResourceType(CLUSTER, instances=True, help="An EKS cluster of the region: its name or ARN."),
        ResourceType(REGISTRY, instances=False, help="The ECR registry of an account in the region."),
    )
    auth_methods = (
        AuthMethod(
            "implicit", ImplicitConfig, "What AWS's own tools find on this machine, and a role if one is named."
        ),
        AuthMethod("secret-key", SecretKeyConfig, "The keys of a user; jobs get temporary ones where AWS gives them."),
        AuthMethod("sts-token", STSTokenConfig, "The keys of a session, which end with it.", expires=True),
        AuthMethod("iam-role", IAMRoleConfig, "Temporary keys of a role, by default for 1 h."),
        AuthMethod(
            "session-token", SecretKeyConfig, "Temporary keys with all of a user's rights, by default for 12 h."
        ),
        AuthMethod("federation-token", FederationTokenConfig, "Temporary keys with some of a user's rights, for 12 h."),
    )
    remote = True

    def resources(self, resource_type: str) -> Iterator[str]:
        """Authenticate, and yield the buckets as s3://BUCKET, the clusters' names, the registry or the account."""
        session, owner = self._open(resource_type, None), owner_of(self)
        from . import aws_resources as resources
        from . import ecr, eks

        if resource_type == BUCKET:
            yield from resources.buckets(session, owner)
        elif resource_type == CLUSTER:
            yield from eks.clusters(session, owner)
        elif resource_type == REGISTRY:
            yield ecr.login_to(session, owner, None)[0]
        else:
            yield resources.account(session, owner)

    def verify(self, resource_type: str | None = None, resource_id: str | None = None) -> None:
        """Have AWS check the keys, and that they reach the resource."""
        resource_type = resource_type or GENERIC
        if resource_id is None:
            list(self.resources(resource_type))
            return
        session, owner = self._open(resource_type, resource_id), owner_of(self)
        from . import aws_resources as resources
        from . import ecr, eks

        if resource_type == BUCKET:
            resources.check_bucket(session, owner, resource_id)
        elif resource_type == CLUSTER:
            eks.describe(session, owner, resource_id)
        elif resource_type == REGISTRY:
            ecr.login_to(session, owner, resource_id)
        elif resources.account(session, owner) != resource_id:
            raise UsageError(f"{owner} is of another AWS account than {resource_id!r}")

    def client(self, resource_type: str, resource_id: str | None = None) -> object:
        """Return a boto3.Session, a docker.DockerClient or a kubernetes ApiClient.

        The session and the ApiClient renew temporary credentials before they end.
        """
        session = self._open(resource_type, resource_id)
        from . import ecr, eks

        if resource_type == REGISTRY:
            return ecr.connector(self, session, resource_id)[0].client(REGISTRY)
        if resource_type == CLUSTER:
            return eks.client(self, session, _named(resource_id))
        return session

    def credentials(self, resource_type: str, resource_id: str | None = None) -> Credentials:
        """Return keys as environment, a DOCKER_CONFIG or a KUBECONFIG.

        The keys of a user are handed over only where STS gives no temporary ones for them.
        """
        session = self._open(resource_type, resource_id)
        from . import ecr, eks
        from .aws_access import short_lived

        if resource_type == REGISTRY:
            registry, expires = ecr.connector(self, session, resource_id)
            return replace(registry.credentials(REGISTRY), expires=expires)
        if resource_type == CLUSTER:
            cluster, expires = eks.connector(self, session, _named(resource_id))
            return replace(cluster.credentials(CLUSTER), expires=expires)
        keys = short_lived(self, session)
        environment = {
            "AWS_ACCESS_KEY_ID": keys.key_id,
            "AWS_SECRET_ACCESS_KEY": keys.secret,
            "AWS_REGION": Secret(self.config.region),
            "AWS_DEFAULT_REGION": Secret(self.config.region),  # boto3 knows only this one
        }
        if keys.token:
            environment["AWS_SESSION_TOKEN"] = keys.token
        if self.config.endpoint_url:
            environment["AWS_ENDPOINT_URL"] = Secret(self.config.endpoint_url)
        return Credentials(environment=environment, expires=keys.expires)

    def login(self, resource_type: str, resource_id: str | None = None) -> str:
        """Give docker the ECR login, kubectl a context, or AWS's tools a profile; they end as all temporary keys do."""
        session = self._open(resource_type, resource_id)
        from ..core.docker.config import store
        from . import ecr, eks
        from .aws_access import short_lived
        from .aws_profile import store_profile

        if resource_type == REGISTRY:
            registry, login, expires = ecr.login_to(session, owner_of(self), resource_id)
            return f"docker is logged into {registry}{_until(expires)}; the password is in {store(registry, login)}"
        if resource_type == CLUSTER:
            cluster, expires = eks.connector(self, session, _named(resource_id))
            return cluster.login(CLUSTER) + _until(expires)
        keys, profile = short_lived(self, session), f"podium-{self.name}"
        path = store_profile(profile, keys, self.config)
        return f"aws --profile {profile} now uses these credentials{_until(keys.expires)}; they are in {path}"

    @classmethod
    def detect(cls) -> Detected:
        """Take over the credentials that AWS's tools use on this machine."""
        require("boto3", cls.integration)
        from .aws_detect import detect

        return detect()

    def _open(self, resource_type: str, resource_id: str | None) -> Session:
        require("boto3", self.integration)
        from .aws_access import open_access

        return open_access(self, resource_type, resource_id)


def _named(cluster: str | None) -> str:
    if cluster is None:
        raise UsageError("no cluster is named", hint="add --resource-id NAME")
    return cluster


def _until(expires: float | None) -> str:
    return f" until {in_utc(datetime.fromtimestamp(expires, timezone.utc))}" if expires else ""

"""ECR registries: which one an id names, and the login that AWS gives for it."""

from __future__ import annotations

import re
from base64 import b64decode
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from ..core.aws_errors import asking
from ..core.contracts.service_connector import ServiceConnector
from ..core.docker.registry import Login, registry_of
from ..core.errors import UsageError
from ..core.secrets.redaction import remember
from ..core.secrets.secret import Secret
from ..core.validation import validated
from .aws_config import AWSConfig, owner_of
from .aws_resources import check_region
from .aws_session import client_of
from .docker import DockerConnector, DockerPasswordConfig

if TYPE_CHECKING:
    from boto3 import Session

_HOST = re.compile(r"(\d{12})\.dkr[.-]ecr(?:-fips)?\.([a-z0-9-]+)\.[a-z0-9.-]+")


def login_to(session: Session, owner: str, resource_id: str | None) -> tuple[str, Login, float]:
    """Return a registry, by default the account's own, its login, and when that ends in seconds since the epoch.

    The login is good for every registry of the region that these credentials may use; that they may describe this
    one's repositories has been tried.
    """
    ecr = client_of(session, "ecr")
    with asking(owner, "ecr:GetAuthorizationToken"):
        given = ecr.get_authorization_token()["authorizationData"][0]
    username, _, password = b64decode(given["authorizationToken"]).decode().partition(":")
    remember(password)
    own = urlsplit(given["proxyEndpoint"]).netloc
    host = _host(resource_id) if resource_id else own
    wanted = {} if host == own else {"registryId": _account(host, session.region_name)}
    with asking(owner, "ecr:DescribeRepositories", f"registry {host}"):
        ecr.describe_repositories(maxResults=1, **wanted)
    return host, Login(username, Secret(password)), given["expiresAt"].timestamp()


def connector(
    aws: ServiceConnector[AWSConfig], session: Session, resource_id: str | None
) -> tuple[DockerConnector, float]:
    """Return a docker connector with the login, and when that ends in seconds since the epoch."""
    owner = owner_of(aws)
    registry, login, expires = login_to(session, owner, resource_id)
    values = {"username": login.username, "password": login.password, "registry": registry}
    config = validated(DockerPasswordConfig, values, subject=owner, where=registry)
    return DockerConnector(aws.name, "password", config), expires


def _host(resource_id: str) -> str:
    try:
        return registry_of(resource_id)
    except ValueError as error:
        raise UsageError(f"resource id {resource_id!r}: {error}") from None


def _account(host: str, region: str) -> str:
    found = _HOST.fullmatch(host)
    if not found:
        raise UsageError(f"{host} is no ECR registry", hint="ACCOUNT.dkr.ecr.REGION.amazonaws.com")
    check_region(host, found[2], region)
    return found[1]

"""EKS clusters: where they are, and tokens for whoever can prove to be someone of AWS."""

from __future__ import annotations

import re
from base64 import urlsafe_b64encode
from collections.abc import Iterator
from time import time
from typing import TYPE_CHECKING

from botocore.auth import SigV4QueryAuth
from botocore.awsrequest import AWSRequest

from ..core.aws_errors import asking
from ..core.contracts.service_connector import ServiceConnector
from ..core.errors import AccessError, UsageError
from ..core.validation import validated
from .aws_config import CLUSTER, AWSConfig, owner_of
from .aws_resources import check_region
from .aws_session import client_of
from .kubernetes import KubernetesConnector, TokenConfig

if TYPE_CHECKING:
    from boto3 import Session
    from kubernetes.client import ApiClient, Configuration

    from ..core.spec import JSON

_ID = re.compile(r"(?:arn:[a-z-]+:eks:([a-z0-9-]+):\d{12}:cluster/)?([A-Za-z0-9][A-Za-z0-9_-]{0,99})")
_LIFETIME = 14 * 60  # a cluster takes a token for 15 minutes


def cluster_name(resource_id: str, region: str) -> str:
    """Return the cluster of an id; raise UsageError for what is none, or is in another region."""
    found = _ID.fullmatch(resource_id)
    if not found:
        raise UsageError(
            f"{resource_id!r} names no EKS cluster", hint="arn:aws:eks:REGION:ACCOUNT:cluster/NAME or NAME"
        )
    check_region(resource_id, found[1] or region, region)
    return found[2]


def clusters(session: Session, owner: str) -> Iterator[str]:
    """Yield the name of every cluster of the region."""
    with asking(owner, "eks:ListClusters", "all clusters"):
        pages = list(client_of(session, "eks").get_paginator("list_clusters").paginate())
    for page in pages:
        yield from page["clusters"]


def describe(session: Session, owner: str, resource_id: str) -> dict[str, JSON]:
    """Return the fields of a kubernetes connector that say where a cluster is; one that is not ready is a fault."""
    name = cluster_name(resource_id, session.region_name)
    with asking(owner, "eks:DescribeCluster", f"cluster {name!r}"):
        found = client_of(session, "eks").describe_cluster(name=name)["cluster"]
    if found["status"] not in {"ACTIVE", "UPDATING"}:
        raise AccessError(f"cluster {name!r} is not ready: its state is {found['status']}", hint="wait for it")
    return {
        "cluster_name": name,
        "server": found["endpoint"],
        "certificate_authority": found["certificateAuthority"]["data"],
    }


def connector(
    aws: ServiceConnector[AWSConfig], session: Session, resource_id: str
) -> tuple[KubernetesConnector, float]:
    """Return a kubernetes connector with a token, and when that ends in seconds since the epoch."""
    owner = owner_of(aws)
    cluster = describe(session, owner, resource_id)
    text, expires = _token(session, owner, str(cluster["cluster_name"]))
    config = validated(TokenConfig, {**cluster, "token": text}, subject=owner, where=f"cluster {resource_id}")
    return KubernetesConnector(aws.name, "token", config), expires


def client(aws: ServiceConnector[AWSConfig], session: Session, resource_id: str) -> ApiClient:
    """Return a client that makes itself a new token for every request."""
    api = connector(aws, session, resource_id)[0].client(CLUSTER)
    name = cluster_name(resource_id, session.region_name)

    def renew(configuration: Configuration) -> None:
        text, _ = _token(session, owner_of(aws), name)
        configuration.api_key["authorization"] = f"Bearer {text}"

    api.configuration.refresh_api_key_hook = renew
    return api


def _token(session: Session, owner: str, cluster: str) -> tuple[str, float]:
    """Return a token and when it ends: a request to AWS's own STS that the cluster sends, to learn who signed it."""
    region = session.region_name
    domain = "amazonaws.com.cn" if region.startswith("cn-") else "amazonaws.com"
    url = f"https://sts.{region}.{domain}/?Action=GetCallerIdentity&Version=2011-06-15"
    request = AWSRequest("GET", url, headers={"x-k8s-aws-id": cluster})
    ends = time() + _LIFETIME
    with asking(owner, "sts:GetCallerIdentity"):
        SigV4QueryAuth(session.get_credentials(), "sts", region, expires=60).add_auth(request)
    return "k8s-aws-v1." + urlsafe_b64encode(request.url.encode()).decode().rstrip("="), ends

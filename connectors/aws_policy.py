"""The policies that temporary keys are restricted to when the connector names none: what a resource needs, no more."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..core.aws_errors import asking
from .aws_config import BUCKET, CLUSTER, REGISTRY
from .aws_resources import bucket_name
from .eks import cluster_name

if TYPE_CHECKING:
    from boto3 import Session

    from ..core.spec import JSON

_OF_BUCKETS = ("s3:GetBucketLocation", "s3:ListBucket", "s3:ListBucketMultipartUploads")
_OF_OBJECTS = (
    "s3:AbortMultipartUpload",
    "s3:DeleteObject",
    "s3:GetObject",
    "s3:ListMultipartUploadParts",
    "s3:PutObject",
)
_OF_KEYS = ("kms:Decrypt", "kms:GenerateDataKey")
_OF_REPOSITORIES = (
    "ecr:BatchCheckLayerAvailability",
    "ecr:BatchGetImage",
    "ecr:CompleteLayerUpload",
    "ecr:DescribeImages",
    "ecr:DescribeRepositories",
    "ecr:GetDownloadUrlForLayer",
    "ecr:InitiateLayerUpload",
    "ecr:ListImages",
    "ecr:PutImage",
    "ecr:UploadLayerPart",
)


def least_policy(session: Session, owner: str, resource_type: str, resource_id: str | None) -> dict[str, JSON] | None:
    """Return the policy for a resource, or for all of a type; None for the generic type, which may need anything."""
    region = session.region_name
    with asking(owner, "a lookup of the region", region):
        aws = f"arn:{session.get_partition_for_region(region)}"
    statements: list[JSON]
    if resource_type == BUCKET:
        bucket = f"{aws}:s3:::{bucket_name(resource_id) if resource_id else '*'}"
        through_s3: dict[str, JSON] = {"Condition": {"StringLike": {"kms:ViaService": "s3.*"}}}
        statements = [_allow(bucket, *_OF_BUCKETS), _allow(f"{bucket}/*", *_OF_OBJECTS)]
        statements.append(_allow("*", *_OF_KEYS) | through_s3)  # buckets may be encrypted with keys of their own
        everywhere = "s3:ListAllMyBuckets"
    elif resource_type == CLUSTER:
        cluster = cluster_name(resource_id, region) if resource_id else "*"
        statements = [_allow(f"{aws}:eks:{region}:*:cluster/{cluster}", "eks:DescribeCluster")]
        everywhere = "eks:ListClusters"
    elif resource_type == REGISTRY:
        statements = [
            _allow(f"{aws}:ecr:{region}:*:repository/*", *_OF_REPOSITORIES),
            _allow("*", "ecr:GetAuthorizationToken"),
        ]
        everywhere = ""
    else:
        return None
    if everywhere and not resource_id:
        statements.append(_allow("*", everywhere))
    return {"Version": "2012-10-17", "Statement": statements}


def _allow(resource: str, *actions: str) -> dict[str, JSON]:
    return {"Effect": "Allow", "Action": list(actions), "Resource": resource}

"""Accounts and buckets of AWS: how their ids are written, and whether they can be reached."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from ..core.aws_errors import asking
from ..core.errors import UsageError
from .aws_session import client_of

if TYPE_CHECKING:
    from boto3 import Session

_BUCKET_ID = re.compile(r"(?:s3://|arn:[a-z-]+:s3:::)?([A-Za-z0-9][A-Za-z0-9._-]{1,254})(?:/.*)?")


def bucket_name(resource_id: str) -> str:
    """Return the bucket of an id; raise UsageError for what is none."""
    found = _BUCKET_ID.fullmatch(resource_id)
    if not found:
        raise UsageError(f"{resource_id!r} names no S3 bucket", hint="s3://BUCKET, arn:aws:s3:::BUCKET or BUCKET")
    return found[1]


def account(session: Session, owner: str) -> str:
    """Return the account that a session's credentials belong to."""
    with asking(owner, "sts:GetCallerIdentity"):
        return str(client_of(session, "sts").get_caller_identity()["Account"])


def buckets(session: Session, owner: str) -> Iterator[str]:
    """Yield the id of every bucket of the account."""
    with asking(owner, "s3:ListAllMyBuckets", "all buckets"):
        found = client_of(session, "s3").list_buckets()["Buckets"]
    yield from (f"s3://{bucket['Name']}" for bucket in found)


def check_bucket(session: Session, owner: str, resource_id: str) -> None:
    """Raise NotFoundError when there is no such bucket, AccessError when it may not be listed."""
    bucket = bucket_name(resource_id)
    with asking(owner, "s3:ListBucket", f"bucket {bucket!r}"):  # unlike HEAD, this is told why it is refused
        client_of(session, "s3").list_objects_v2(Bucket=bucket, MaxKeys=1)


def check_region(resource_id: str, found: str, region: str) -> None:
    """Raise UsageError for a resource of another region than the connector's."""
    if found != region:
        raise UsageError(f"{resource_id!r} is in region {found}, and the connector is for {region}")

"""The credentials that the aws connector works with: its own, or temporary ones that it gets for them."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from ..core.aws_errors import NotAllowedError, asking
from ..core.contracts.service_connector import ServiceConnector
from ..core.errors import UsageError
from .aws_config import AWSConfig, owner_of
from .aws_policy import least_policy
from .aws_session import Keys, keys_of, open_session, refreshing_session
from .aws_temporary import SESSION_TOKEN, can_be_restricted, exchange_for, fetch

if TYPE_CHECKING:
    from boto3 import Session


def open_access(aws: ServiceConnector[AWSConfig], resource_type: str, resource_id: str | None) -> Session:
    """Return a session whose credentials reach no more than the resource, where the auth method can see to that."""
    owner = owner_of(aws)
    with asking(owner, "a look at the AWS configuration"):
        session = open_session(aws.config)
    exchange = exchange_for(aws.auth_method, aws.config)
    if exchange is None:
        _check_lifetime(aws, session)
        return session
    policy = None
    if can_be_restricted(aws.config):
        policy = least_policy(session, owner, resource_type, resource_id)
        if policy is None and aws.auth_method == "federation-token":
            raise UsageError(
                f"{owner} has no permissions for {resource_type}: a federation token has those of its policy alone",
                hint=f"podium service-connector update {aws.name} --policy=@FILE, or --policy_arns=ARN",
            )
    return refreshing_session(aws.config, partial(fetch, exchange, aws, session, policy))


def short_lived(aws: ServiceConnector[AWSConfig], session: Session) -> Keys:
    """Return the keys of a session, or temporary ones in place of lasting ones where the service gives such."""
    with asking(owner_of(aws), "a look at the AWS credentials"):
        keys = keys_of(session)
    if keys.token:
        return keys
    try:
        return fetch(SESSION_TOKEN, aws, session)
    except NotAllowedError:
        return keys


def _check_lifetime(aws: ServiceConnector[AWSConfig], session: Session) -> None:
    """Raise UsageError when a lifetime was asked for that keys of a session, begun elsewhere, cannot have."""
    if aws.expiration_seconds is None:
        return
    with asking(owner_of(aws), "a look at the AWS credentials"):
        keys = keys_of(session)
    if keys.token:
        raise UsageError(
            f"{owner_of(aws)} has keys of a session, which end with it and cannot live for {aws.expiration_seconds} s",
            hint="leave out --expiration-seconds, or use another auth method",
        )

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
        return session
    policy = None
    if can_be_restricted(aws.config):
        policy = least_policy(session, owner, resource_type, resource_id)
        if policy is None and aws.auth_method == "federation-token":
            raise UsageError(
                f"{owner} has no permissions for {resource_type}: a federation token has those of its policy alone",
                hint=f"podium service-connector update {aws.name} --policy=@FILE, or --policy_arns=ARN",
            )
    renew = partial(fetch, exchange, session, aws.config, name=aws.name, seconds=aws.expiration_seconds, policy=policy)
    return refreshing_session(aws.config, renew)


def short_lived(aws: ServiceConnector[AWSConfig], session: Session) -> Keys:
    """Return the keys of a session, or temporary ones in place of lasting ones where the service gives such."""
    with asking(owner_of(aws), "a look at the AWS credentials"):
        keys = keys_of(session)
    if keys.token:
        return keys
    try:
        return fetch(SESSION_TOKEN, session, aws.config, name=aws.name, seconds=aws.expiration_seconds, policy=None)
    except NotAllowedError:
        return keys

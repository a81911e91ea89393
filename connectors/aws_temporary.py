"""Temporary keys: which call of STS gives them for an auth method, for how long, and restricted to what."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

from ..core.aws_errors import asking
from ..core.contracts.service_connector import ServiceConnector
from ..core.dataclass import dataclass
from ..core.errors import UsageError
from ..core.secrets.redaction import remember
from ..core.secrets.secret import Secret
from .aws_config import AWSConfig, IAMRoleConfig, ImplicitConfig, SessionPolicy, owner_of

if TYPE_CHECKING:
    from boto3 import Session

    from ..core.spec import JSON
    from .aws_session import Keys

_ROLE_HOLDERS = (IAMRoleConfig, ImplicitConfig)


@dataclass(frozen=True, slots=True)
class Exchange:
    """A call of STS, and the lifetimes in seconds that it takes."""

    call: str
    default: int
    longest: int
    shortest: int = 900


# AWS's own limits, which a role's own maximum may undercut.
_ASSUME_ROLE = Exchange("AssumeRole", default=3600, longest=43200)
SESSION_TOKEN = Exchange("GetSessionToken", default=43200, longest=129600)
_FEDERATION_TOKEN = Exchange("GetFederationToken", default=43200, longest=129600)


def exchange_for(auth_method: str, config: AWSConfig) -> Exchange | None:
    """Return the call that an auth method makes before all else; None for one that uses its keys as they are."""
    if auth_method == "session-token":
        return SESSION_TOKEN
    if auth_method == "federation-token":
        return _FEDERATION_TOKEN
    return _ASSUME_ROLE if isinstance(config, _ROLE_HOLDERS) and config.role_arn else None


def can_be_restricted(config: AWSConfig) -> bool:
    """Say whether what STS gives is to be restricted to a resource, since the config itself has no policy for it."""
    return isinstance(config, SessionPolicy) and not (config.policy or config.policy_arns)


def fetch(
    exchange: Exchange, aws: ServiceConnector[AWSConfig], session: Session, policy: dict[str, JSON] | None = None
) -> Keys:
    """Return temporary keys for those of a session; `policy` restricts them unless the config has one of its own.

    Raises UsageError for a lifetime that AWS does not give, AccessError when the keys are wrong or may not do this.
    """
    from .aws_session import Keys, client_of

    owner, config, name, seconds = owner_of(aws), aws.config, aws.name, aws.expiration_seconds
    seconds = exchange.default if seconds is None else seconds
    if not exchange.shortest <= seconds <= exchange.longest:
        raise UsageError(
            f"{exchange.call} gives credentials for {exchange.shortest} to {exchange.longest} seconds, not {seconds}",
            where=owner,
            hint=f"podium service-connector update {name} --expiration-seconds {exchange.default}",
        )
    parameters: dict[str, object] = {"DurationSeconds": seconds}
    session_name = re.sub(r"[^\w+=,.@-]", "-", f"podium-{name}", flags=re.ASCII)
    resource = "AWS"
    if exchange is _ASSUME_ROLE:
        assert isinstance(config, _ROLE_HOLDERS)
        resource = str(config.role_arn)
        parameters |= {"RoleArn": config.role_arn, "RoleSessionName": session_name[:64]}
    if exchange is _FEDERATION_TOKEN:
        parameters["Name"] = session_name[:32]
    if isinstance(config, SessionPolicy) and exchange is not SESSION_TOKEN:
        parameters |= _restriction(config, policy)
    method = re.sub(r"(?<!^)(?=[A-Z])", "_", exchange.call).lower()
    with asking(owner, f"sts:{exchange.call}", resource):
        granted = getattr(client_of(session, "sts"), method)(**parameters)["Credentials"]
    remember(granted["SecretAccessKey"])
    remember(granted["SessionToken"])
    return Keys(
        Secret(granted["AccessKeyId"]),
        Secret(granted["SecretAccessKey"]),
        Secret(granted["SessionToken"]),
        granted["Expiration"].timestamp(),
    )


def _restriction(config: SessionPolicy, policy: dict[str, JSON] | None) -> dict[str, object]:
    if config.policy or config.policy_arns:
        arns = [{"arn": arn} for arn in config.policy_arns or ()]
        return ({"Policy": config.policy} if config.policy else {}) | ({"PolicyArns": arns} if arns else {})
    return {"Policy": json.dumps(policy, separators=(",", ":"))} if policy else {}

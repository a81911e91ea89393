"""The fields of the aws connector's auth methods."""

from __future__ import annotations

import json
import re
from typing import Annotated

from ..core.contracts.component import About, Settings
from ..core.contracts.service_connector import ServiceConnector
from ..core.secrets.secret import Secret

GENERIC, BUCKET, CLUSTER, REGISTRY = "aws-generic", "s3-bucket", "kubernetes-cluster", "docker-registry"


def owner_of(connector: ServiceConnector[AWSConfig]) -> str:
    """Return what errors call the holder of the credentials."""
    return f"service connector {connector.name!r}"


def _region(name: str) -> str:
    if not re.fullmatch(r"[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?", name):
        raise ValueError("the name of a region is like eu-central-1")
    return name


def _endpoint(url: str) -> str:
    if not re.fullmatch(r"https?://[A-Za-z0-9.\[\]:-]+(/[\w./-]*)?", url):
        raise ValueError("an endpoint is http[s]://host[:port]")
    return url.rstrip("/")


def _key(key: Secret) -> Secret:
    text = key.reveal().strip()
    if not re.fullmatch(r"[!-~]+", text):
        raise ValueError("a key has no spaces, line breaks or letters beyond ASCII")
    return Secret(text)


def _role(arn: str) -> str:
    if not re.fullmatch(r"arn:[a-z-]+:iam::\d{12}:role/.+", arn):
        raise ValueError("the ARN of a role is arn:aws:iam::ACCOUNT:role/NAME")
    return arn


def _policy(text: str) -> str:
    try:
        policy = json.loads(text)
    except ValueError:
        policy = None
    if not (isinstance(policy, dict) and "Statement" in policy):
        raise ValueError("a policy is a JSON object with a Statement")
    return text


class AWSConfig(Settings):
    """What every auth method has."""

    region: Annotated[str, About("Region of the resources, as eu-central-1.", then=_region)]
    endpoint_url: Annotated[
        str | None,
        About("Address of a service with AWS's protocols, http[s]://host[:port], in AWS's place.", then=_endpoint),
    ] = None


class SessionPolicy(Settings):
    """What temporary credentials are restricted to."""

    policy_arns: Annotated[
        list[str] | None, About("ARNs of managed policies; without any policy, what the resource needs is allowed.")
    ] = None
    policy: Annotated[str | None, About("Policy in JSON.", then=_policy)] = None


class ImplicitConfig(SessionPolicy, AWSConfig):
    """The credentials that AWS's own tools find on this machine."""

    profile_name: Annotated[str | None, About("Profile of the AWS configuration; by default the one in use.")] = None
    role_arn: Annotated[str | None, About("Role to assume with them.", then=_role)] = None


class SecretKeyConfig(AWSConfig):
    """The keys of a user."""

    aws_access_key_id: Annotated[Secret, About("Access key id.", then=_key)]
    aws_secret_access_key: Annotated[Secret, About("Secret access key.", then=_key)]


class STSTokenConfig(SecretKeyConfig):
    """The keys of a session that has begun elsewhere."""

    aws_session_token: Annotated[Secret, About("Session token.", then=_key)]


class IAMRoleConfig(SessionPolicy, SecretKeyConfig):
    """The keys of a user, and a role that the user may assume."""

    role_arn: Annotated[str, About("Role to assume, arn:aws:iam::ACCOUNT:role/NAME.", then=_role)]


class FederationTokenConfig(SessionPolicy, SecretKeyConfig):
    """The keys of a user who may federate others."""

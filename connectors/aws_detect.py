"""Finds the AWS credentials that this machine's own tools use."""

from __future__ import annotations

import os
from collections.abc import Mapping

import botocore.session

from ..core.aws_errors import asking
from ..core.contracts.service_connector import Detected
from ..core.errors import AccessError, UsageError
from ..core.expiry import read_time

_THIS_MACHINE = "this machine"


def detect() -> Detected:
    """Return the credentials in use: a session's as sts-token, a role with its source profile, else a user's keys.

    Those keys become session-token, so that no job gets them. Raises UsageError when no region is configured,
    AccessError when there are no credentials.
    """
    core = botocore.session.Session()
    with asking(_THIS_MACHINE, "a look at the AWS configuration"):
        profile = core.get_scoped_config()
        region = os.environ.get("AWS_REGION") or core.get_config_variable("region")
        credentials = core.get_credentials()
    if not credentials:
        raise AccessError(
            "there are no AWS credentials on this machine",
            hint="aws configure, aws sso login, or set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY",
        )
    if not region:
        raise UsageError(
            "no AWS region is configured on this machine", hint="set AWS_REGION, or: aws configure set region NAME"
        )
    values: dict[str, object] = {"region": region}
    endpoint = os.environ.get("AWS_ENDPOINT_URL") or profile.get("endpoint_url")
    if endpoint:
        values["endpoint_url"] = endpoint
    source = _source(credentials.method, core.get_config_variable("profile") or "default")
    if credentials.method == "assume-role":
        return Detected("iam-role", values | _role(core, profile), source)
    with asking(_THIS_MACHINE, "a look at the AWS credentials"):
        frozen = credentials.get_frozen_credentials()
    values |= {"aws_access_key_id": frozen.access_key, "aws_secret_access_key": frozen.secret_key}
    if not frozen.token:
        return Detected("session-token", values, source)
    values["aws_session_token"] = frozen.token
    return Detected("sts-token", values, source, _expiry(credentials))


def _role(core: botocore.session.Session, profile: Mapping[str, str]) -> dict[str, object]:
    """Return the role of a profile with the keys of its source profile."""
    name = profile.get("source_profile", "")
    source = core.full_config["profiles"].get(name, {})
    keys = {field: source.get(field) for field in ("aws_access_key_id", "aws_secret_access_key")}
    unheld = [field for field in ("mfa_serial", "external_id") if field in profile]
    if unheld or "aws_session_token" in source or not all(keys.values()):
        what = f"needs {' and '.join(unheld)}" if unheld else f"has no lasting keys in its source profile {name!r}"
        raise UsageError(
            f"the AWS profile in use assumes a role and {what}: a connector cannot hold that",
            hint="--auth-method implicit --region REGION asks AWS's own configuration each time",
        )
    return {**keys, "role_arn": profile["role_arn"]}


def _expiry(credentials: object) -> float | None:
    told = os.environ.get("AWS_CREDENTIAL_EXPIRATION") if getattr(credentials, "method", "") == "env" else None
    expires = read_time(told) if told else vars(credentials).get("_expiry_time")  # the SDK has no public way to ask
    return expires.timestamp() if expires else None


def _source(method: str, profile: str) -> str:
    places = {
        "env": "environment variables",
        "assume-role": f"role of profile {profile!r}",
        "shared-credentials-file": f"profile {profile!r} of the credentials file",
        "config-file": f"profile {profile!r} of the AWS configuration",
        "sso": f"single sign-on of profile {profile!r}",
        "iam-role": "role of this EC2 instance",
        "container-role": "role of this container",
    }
    return places.get(method, f"AWS configuration ({method})")

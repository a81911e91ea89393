"""How this machine reaches S3 by itself: the endpoint, region and keys that AWS's own tools find here."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from .dataclass import dataclass, field

if TYPE_CHECKING:
    from botocore.session import Session

_LIFETIME = 12 * 3600
"""Seconds that keys for processes elsewhere are asked for."""


@dataclass(frozen=True, slots=True)
class MachineKeys:
    """Keys as s3fs takes them; `expires` is in seconds since the epoch, None for never."""

    key: str
    secret: str = field(repr=False)
    token: str | None = field(default=None, repr=False)
    expires: float | None = None


def endpoint(session: Session) -> str | None:
    """Return the address of the service that stands in for AWS's S3, None for AWS's own."""
    named = (os.environ.get(name) for name in ("AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL"))
    found = next(filter(None, named), None) or session.get_scoped_config().get("endpoint_url")
    return str(found) if found else None


def carried_keys(session: Session) -> MachineKeys:
    """Return keys for processes elsewhere: temporary ones where STS gives them, else those of this machine.

    Raises what the SDK does, NoCredentialsError among it.
    """
    from botocore.exceptions import BotoCoreError, ClientError, NoCredentialsError

    found = session.get_credentials()
    if found is None:
        raise NoCredentialsError
    own = found.get_frozen_credentials()
    if own.token:
        expires = vars(found).get("_expiry_time")  # the SDK has no public way to ask for it
        return MachineKeys(own.access_key, own.secret_key, own.token, expires.timestamp() if expires else None)
    try:
        given = session.create_client("sts").get_session_token(DurationSeconds=_LIFETIME)["Credentials"]
    except (ClientError, BotoCoreError):  # root's keys, and services other than AWS, get none
        return MachineKeys(own.access_key, own.secret_key)
    return MachineKeys(
        given["AccessKeyId"], given["SecretAccessKey"], given["SessionToken"], given["Expiration"].timestamp()
    )

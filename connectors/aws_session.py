"""Sessions of AWS's SDK, from keys or from what this machine has; imported only where the SDK is installed."""

from __future__ import annotations

import os
from collections.abc import Callable
from datetime import datetime, timezone
from functools import cache
from typing import TYPE_CHECKING

import boto3
import botocore.session
from botocore.config import Config
from botocore.credentials import RefreshableCredentials
from botocore.exceptions import NoCredentialsError
from botocore.loaders import Loader, create_loader

from ..core.dataclass import dataclass
from ..core.secrets.secret import Secret
from .aws_config import AWSConfig, ImplicitConfig, SecretKeyConfig, STSTokenConfig

if TYPE_CHECKING:
    from botocore.client import BaseClient
    from botocore.credentials import Credentials

_PATIENCE = Config(connect_timeout=5, read_timeout=15, retries={"total_max_attempts": 2, "mode": "standard"})


@dataclass(frozen=True, slots=True)
class Keys:
    """What requests are signed with; `expires` is in seconds since the epoch, None for never or unknown."""

    key_id: Secret
    secret: Secret
    token: Secret | None = None
    expires: float | None = None


def open_session(config: AWSConfig) -> boto3.Session:
    """Return a session with the credentials of a config, or for the implicit method those of this machine.

    A session with keys of its own takes nothing else from this machine's AWS configuration and environment.
    """
    if isinstance(config, ImplicitConfig):
        return _session(botocore.session.Session(profile=config.profile_name), config)
    assert isinstance(config, SecretKeyConfig)
    core = _bare()
    token = config.aws_session_token.reveal() if isinstance(config, STSTokenConfig) else None
    core.set_credentials(config.aws_access_key_id.reveal(), config.aws_secret_access_key.reveal(), token)
    return _session(core, config)


def refreshing_session(config: AWSConfig, fetch: Callable[[], Keys]) -> boto3.Session:
    """Return a session with temporary keys, which it fetches again before they end."""
    core = _bare()
    core.register_component("credential_provider", _Provider(fetch))
    return _session(core, config)


def keys_of(session: boto3.Session) -> Keys:
    """Return the keys that a session uses now; raise the SDK's NoCredentialsError when it has none."""
    credentials = session.get_credentials()
    if credentials is None:
        raise NoCredentialsError
    frozen = credentials.get_frozen_credentials()
    expires = vars(credentials).get("_expiry_time")  # the SDK has no public way to ask for it
    return Keys(
        Secret(frozen.access_key),
        Secret(frozen.secret_key),
        Secret(frozen.token) if frozen.token else None,
        expires.timestamp() if expires else None,
    )


def client_of(session: boto3.Session, service: str) -> BaseClient:
    """Return a client that gives up within a minute."""
    return session.client(service, config=_PATIENCE)


def _bare() -> botocore.session.Session:
    core = botocore.session.Session(session_vars={"profile": (None, None, None, None)})
    core.set_config_variable("config_file", os.devnull)
    core.set_config_variable("credentials_file", os.devnull)
    core.set_default_client_config(Config(ignore_configured_endpoint_urls=True))
    return core


def _session(core: botocore.session.Session, config: AWSConfig) -> boto3.Session:
    create = core.create_client

    def create_client(*arguments: object, endpoint_url: str | None = None, **options: object) -> BaseClient:
        return create(*arguments, endpoint_url=endpoint_url or config.endpoint_url, **options)

    core.register_component("data_loader", _descriptions())
    core.create_client = create_client  # a session has no setting for it that the environment would not override
    return boto3.Session(botocore_session=core, region_name=config.region)


@cache
def _descriptions() -> Loader:
    """Return what reads the descriptions of AWS's services, which are large, once for all sessions."""
    return create_loader(os.environ.get("AWS_DATA_PATH"))


class _Provider:
    """Gives the SDK credentials that it can have renewed."""

    def __init__(self, fetch: Callable[[], Keys]) -> None:
        self._fetch = fetch

    def load_credentials(self) -> Credentials:
        return RefreshableCredentials.create_from_metadata(self._metadata(), self._metadata, "podium")

    def _metadata(self) -> dict[str, str]:
        keys = self._fetch()
        assert keys.token
        assert keys.expires
        return {
            "access_key": keys.key_id.reveal(),
            "secret_key": keys.secret.reveal(),
            "token": keys.token.reveal(),
            "expiry_time": datetime.fromtimestamp(keys.expires, timezone.utc).isoformat(),
        }

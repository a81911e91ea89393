"""Which back end keeps the secrets, and why."""

from __future__ import annotations

from dataclasses import dataclass

from ..contracts.secrets_backend import SecretsBackend


@dataclass(frozen=True, slots=True)
class Choice:
    """The back end in use and the reason, as `podium doctor` tells it."""

    backend: SecretsBackend
    reason: str


def choose() -> Choice:
    """Return `PODIUM_SECRETS_BACKEND`'s, else a working keyring, else the encrypted file."""
    raise NotImplementedError

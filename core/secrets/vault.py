"""The secrets of a user: the back end that keeps them, and what they are."""

from __future__ import annotations

from ..contracts.secrets_backend import SecretsBackend
from ..errors import NotFoundError
from ..names import did_you_mean
from .redaction import remember


def open_vault() -> SecretsBackend:
    """Return the back end in use (see `choice.py`)."""
    from .choice import choose

    return choose().backend


def read(name: str) -> dict[str, str]:
    """Return the values of a secret, each masked from now on in what podium prints; raise NotFoundError."""
    vault = open_vault()
    values = vault.read(name)
    if values is None:
        hint = did_you_mean(name, vault.names()) or vault.how_to_add(name)
        raise NotFoundError(f"there is no secret {name!r} in the {vault.name} back end", hint=hint)
    for value in values.values():
        remember(value)
    return values


def read_key(name: str, key: str) -> str:
    """Return one value of a secret; raise NotFoundError naming the keys it has."""
    vault = open_vault()
    value = vault.read_key(name, key)
    if value is None:
        known = read(name)
        hint = did_you_mean(key, known) or f"it has: {', '.join(known)}"
        raise NotFoundError(f"secret {name!r} has no key {key!r}", hint=hint)
    remember(value)
    return value

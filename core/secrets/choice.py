"""Which back end keeps the secrets, and why."""

from __future__ import annotations

import os

from ..contracts.secrets_backend import SecretsBackend
from ..dataclass import dataclass
from ..errors import UsageError
from ..names import did_you_mean
from ..paths import config_home

_VARIABLE = "PODIUM_SECRETS_BACKEND"
_NAMES = ("keyring", "file", "env")


@dataclass(frozen=True, slots=True)
class Choice:
    """The back end in use and the reason, as `podium doctor` tells it."""

    backend: SecretsBackend
    reason: str


def choose() -> Choice:
    """Return `PODIUM_SECRETS_BACKEND`'s, else the one with secrets in it, else a working keyring, else the file.

    That secrets are somewhere decides before the order does: a keyring that is out of reach over SSH, or one that
    appears later, must not hide them.
    """
    named = os.environ.get(_VARIABLE)
    if named:
        return Choice(_backend(named), f"{_VARIABLE} is {named!r}")
    from .file_backend import FileBackend
    from .keyring_backend import KeyringBackend, fault

    keyring, file = KeyringBackend(config_home(), own_only=True), FileBackend(config_home())
    if keyring.names():
        return Choice(keyring, "it holds secrets already")
    if file.path.exists():
        return Choice(file, f"it holds secrets already, locked with {file.lock}")
    no_keyring = fault()
    if no_keyring:
        return Choice(file, f"{no_keyring}; locked with {file.lock}")
    return Choice(keyring, "a keyring works here")


def _backend(name: str) -> SecretsBackend:
    if name == "keyring":
        from .keyring_backend import KeyringBackend

        return KeyringBackend(config_home(), own_only=False)
    if name == "file":
        from .file_backend import FileBackend

        return FileBackend(config_home())
    if name == "env":
        from .env_backend import EnvBackend

        return EnvBackend()
    hint = did_you_mean(name, _NAMES) or f"one of {', '.join(_NAMES)}"
    raise UsageError(f"there is no secrets back end {name!r}", where=_VARIABLE, hint=hint)

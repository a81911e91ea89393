"""Secrets that environment variables bring, as in CI: `PODIUM_SECRETS_<NAME>_<KEY>`."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from typing import NoReturn

from ..contracts.secrets_backend import SecretsBackend
from ..errors import AccessError

PREFIX = "PODIUM_SECRETS_"
_OWN = (f"{PREFIX}BACKEND", f"{PREFIX}PASSPHRASE")
"""Variables that say where secrets are, and are none themselves."""


class EnvBackend(SecretsBackend):
    """Reads variables named in capitals, with `_` for whatever is no letter or digit.

    One value is found exactly: `{{aws.prod.key-id}}` is `PODIUM_SECRETS_AWS_PROD_KEY_ID`. A variable does not say where
    its name ends and its key begins, so a whole secret is every variable that starts with its name, under the rest in
    small letters, and `names` takes the first word for the name.
    """

    name = "env"
    writable = False

    def names(self) -> list[str]:
        """Return the first word of each variable that has at least two."""
        words = (variable.removeprefix(PREFIX).partition("_") for variable in _variables())
        return sorted({name.lower() for name, _, key in words if name and key})

    def read(self, name: str) -> dict[str, str] | None:
        """Return what the variables that start with the secret's name hold."""
        prefix = variable(name, "")
        found = _variables()
        values = {key.removeprefix(prefix).lower(): found[key] for key in sorted(found) if key.startswith(prefix)}
        return {key: value for key, value in values.items() if key} or None

    def read_key(self, name: str, key: str) -> str | None:
        """Return what the variable of this name and key holds."""
        return _variables().get(variable(name, key))

    def write(self, name: str, values: Mapping[str, str]) -> None:
        """Refuse."""
        self._refuse(" ".join(variable(name, key) for key in values) or variable(name, "…"))

    def delete(self, name: str) -> None:
        """Refuse, unless there is no such secret."""
        if self.read(name):
            self._refuse(f"{variable(name, '')}…")

    def how_to_add(self, name: str, *keys: str) -> str:
        """Name the variables."""
        return f"set {', '.join(variable(name, key) for key in keys or ('KEY',))}"

    def _refuse(self, variables: str) -> NoReturn:
        raise AccessError(
            "PODIUM_SECRETS_BACKEND=env takes secrets from environment variables, and cannot keep any",
            hint=f"set or unset {variables}, or use PODIUM_SECRETS_BACKEND=file",
        )


def variable(name: str, key: str) -> str:
    """Return the variable that holds one value of a secret."""
    return PREFIX + re.sub("[^A-Z0-9]", "_", f"{name}_{key}".upper())


def _variables() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if name.startswith(PREFIX) and name not in _OWN}

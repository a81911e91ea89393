"""The contract of a secrets back end: where the values of secrets are kept."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import ClassVar


class SecretsBackend(ABC):
    """Keeps named secrets, each a mapping of keys to texts. Any method may raise AccessError, within seconds."""

    name: ClassVar[str]
    writable: ClassVar[bool] = True

    @abstractmethod
    def names(self) -> list[str]:
        """Return the names of all secrets, sorted."""

    @abstractmethod
    def read(self, name: str) -> dict[str, str] | None:
        """Return the values of a secret, None when there is none of this name."""

    @abstractmethod
    def write(self, name: str, values: Mapping[str, str]) -> None:
        """Create or replace a secret, whole: a killed process leaves the old one or the new one."""

    @abstractmethod
    def delete(self, name: str) -> None:
        """Delete a secret that may be there."""

    def read_key(self, name: str, key: str) -> str | None:
        """Return one value of a secret, None when there is none."""
        return (self.read(name) or {}).get(key)

    def how_to_add(self, name: str, *keys: str) -> str:
        """Return the command that adds values to a secret, for hints."""
        verb = "create" if self.read(name) is None else "update"
        source = "@FILE" if len(keys) > 1 else "-"
        return f"podium secret {verb} {name} {' '.join(f'--{key}={source}' for key in keys or ('KEY',))}"

"""The secrets that a manifest refers to: in the vault, given by the user just now, or missing."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import TYPE_CHECKING, TypeAlias

from ..errors import NotFoundError, PodiumError
from ..secrets.redaction import remember
from ..secrets.references import references
from ..secrets.vault import open_vault

if TYPE_CHECKING:
    from ..contracts.secrets_backend import SecretsBackend
    from ..spec import JSON

    Answers: TypeAlias = Mapping[str, Mapping[str, str]]
    """Values by the name of a secret and its key, which the user was asked for and the vault does not have."""


class KnownSecrets:
    """Opens the vault only when something refers to it, and reads each value once."""

    def __init__(self, answers: Answers) -> None:
        self.answers = answers
        self._values: dict[tuple[str, str], str | None] = {}

    def missing(self, value: JSON) -> list[tuple[str, str]]:
        """Return the name and key of each secret that a value refers to and that is not known."""
        return [place for place in dict.fromkeys(references(value)) if self._read(*place) is None]

    def value(self, name: str, key: str) -> str:
        """Return one value, empty where it is missing."""
        return self._read(name, key) or ""

    def how_to_add(self, name: str, *keys: str) -> str:
        """Return the command that adds values to a secret."""
        return self._vault.how_to_add(name, *keys)

    def faults(self, missing: Mapping[tuple[str, str], str]) -> Iterator[PodiumError]:
        """Yield an error for each missing secret, given the place that refers to it."""
        for (name, key), place in missing.items():
            keys = [other for owner, other in missing if owner == name]
            hint = self.how_to_add(name, *keys)
            yield NotFoundError(f"there is no secret {name!r} with a key {key!r}", where=place, hint=hint)

    @cached_property
    def can_keep(self) -> bool:
        """Whether the vault takes answers."""
        return self._vault.writable

    @cached_property
    def _vault(self) -> SecretsBackend:
        return open_vault()

    def _read(self, name: str, key: str) -> str | None:
        place = (name, key)
        if place not in self._values:
            value = self.answers.get(name, {}).get(key) or self._vault.read_key(name, key)
            if value is not None:
                remember(value)
            self._values[place] = value
        return self._values[place]

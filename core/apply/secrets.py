"""The secrets that a manifest refers to: in the vault, given by the user just now, or missing."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, TypeAlias

from ..errors import NotFoundError, PodiumError
from ..secrets.references import references
from ..secrets.vault import open_vault

if TYPE_CHECKING:
    from ..spec import JSON

    Answers: TypeAlias = Mapping[str, Mapping[str, str]]
    """Values by the name of a secret and its key, which the user was asked for and the vault does not have."""


class KnownSecrets:
    """Reads the vault only when something refers to it, and each secret once."""

    def __init__(self, answers: Answers) -> None:
        self.answers = answers
        self._read: dict[str, Mapping[str, str]] = {}

    def missing(self, value: JSON) -> list[tuple[str, str]]:
        """Return the name and key of each secret that a value refers to and that is not known."""
        return [(name, key) for name, key in dict.fromkeys(references(value)) if key not in self._values(name)]

    def value(self, name: str, key: str) -> str:
        """Return one value, empty where it is missing."""
        return self._values(name).get(key, "")

    def faults(self, missing: Mapping[tuple[str, str], str]) -> Iterator[PodiumError]:
        """Yield an error for each missing secret, given the place that refers to it."""
        for (name, key), place in missing.items():
            keys = [other for owner, other in missing if owner == name]
            source = "-" if len(keys) == 1 else "@FILE"
            verb = "update" if self._values(name) else "create"
            hint = f"podium secret {verb} {name} {' '.join(f'--{key}={source}' for key in keys)}"
            yield NotFoundError(f"there is no secret {name!r} with a key {key!r}", where=place, hint=hint)

    def _values(self, name: str) -> Mapping[str, str]:
        if name not in self._read:
            self._read[name] = {**(open_vault().read(name) or {}), **self.answers.get(name, {})}
        return self._read[name]

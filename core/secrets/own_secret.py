"""The secret that holds the secret fields of one stored object: both change together, or neither does."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from .references import reference, references, resolved
from .vault import open_vault

if TYPE_CHECKING:
    from ..spec import JSON


def own_keys(config: Mapping[str, JSON], owner: str) -> set[str]:
    """Return the keys of the secret `owner` that a config refers to."""
    return {key for name, key in references(dict(config)) if name == owner}


def renamed(config: Mapping[str, JSON], old: str, new: str) -> dict[str, JSON]:
    """Return a config whose references to one secret are to another."""
    names = {old: new}
    return {
        field: resolved(value, lambda name, key: reference(names.get(name, name), key))
        for field, value in config.items()
    }


def changed_keys(config: Mapping[str, JSON], values: Mapping[str, str], owner: str) -> set[str]:
    """Return which of the values the secret of a stored config does not hold yet."""
    stored = (open_vault().read(owner) or {}) if values and own_keys(config, owner) else {}
    return {key for key, value in values.items() if stored.get(key) != value}


def store_with_secret(
    owner: str,
    before: Mapping[str, JSON],
    after: Mapping[str, JSON],
    values: Mapping[str, str],
    put: Callable[[], object],
) -> None:
    """Add values to the secret of an object, put its config in place, and drop the values that it needs no longer.

    Called under the store's lock. A kill between the two leaves no reference without its value; when the config cannot
    be put, the secret stays as it was.
    """
    gone = own_keys(before, owner) - own_keys(after, owner)
    if not (values or gone):
        put()
        return
    vault = open_vault()
    old = (vault.read(owner) or {}) if own_keys(before, owner) else {}
    if values:
        vault.write(owner, {**old, **values})
    try:
        put()
    except BaseException:
        if values:
            _keep(owner, old)
        raise
    if gone and vault.writable:  # what the environment holds stays there
        _keep(owner, {key: value for key, value in {**old, **values}.items() if key not in gone})


def _keep(owner: str, values: Mapping[str, str]) -> None:
    if values:
        open_vault().write(owner, values)
    else:
        open_vault().delete(owner)

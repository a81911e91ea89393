"""Creating, changing, renaming and deleting secrets, and what refers to them in the configuration."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, TypeVar

from ..dataclass import dataclass, replace
from ..errors import ConflictError, NotFoundError
from ..kinds import KINDS
from ..names import check_name, did_you_mean
from .own_secret import own_keys, renamed
from .redaction import remember
from .vault import open_vault, read

if TYPE_CHECKING:
    from ..store.collection import Collection
    from ..store.config_store import ConfigStore
    from ..store.records import ComponentRecord, ConnectorRecord

ConfiguredT = TypeVar("ConfiguredT", "ComponentRecord", "ConnectorRecord")


@dataclass(frozen=True, slots=True)
class User:
    """What refers to a secret: its noun and name, the keys it refers to, and what has it refer to another secret."""

    noun: str
    name: str
    keys: set[str]
    refer_to: Callable[[str], None]


def create(name: str, values: Mapping[str, str], store: ConfigStore) -> bool:
    """Keep a new secret; return False when the same was there, raise ConflictError naming the keys that differ."""
    check_name(name, "secret")
    with store.locked():
        vault = open_vault()
        known = vault.read(name)
        if known is not None:
            different = sorted(key for key in {*known, *values} if known.get(key) != values.get(key))
            if different:
                raise ConflictError(
                    f"secret {name!r} is there with other values: {', '.join(different)}",
                    hint=f"podium secret update {name}, or choose another name",
                )
            return False
        for value in values.values():
            remember(value)
        vault.write(name, values)
    return True


def update(name: str, values: Mapping[str, str], remove: Sequence[str], store: ConfigStore) -> bool:
    """Add and replace values and remove keys; return False when that changes nothing.

    Raises NotFoundError for a key that is not there, ConflictError for one that the configuration refers to.
    """
    with store.locked():
        known = read(name)
        absent = [key for key in remove if key not in known]
        if absent:
            hint = did_you_mean(absent[0], known) or f"it has: {', '.join(known)}"
            raise NotFoundError(f"secret {name!r} has no key {absent[0]!r}", hint=hint)
        for user in users(name, store):
            for key in user.keys & set(remove):
                raise _in_use(f"key {key!r} of secret {name!r}", [user])
        for value in values.values():
            remember(value)
        changed = {key: value for key, value in {**known, **values}.items() if key not in remove}
        if changed != known:
            open_vault().write(name, changed)
        return changed != known


def rename(old: str, new: str, store: ConfigStore) -> None:
    """Give a secret another name, in what refers to it too; raise ConflictError when the name is taken.

    A rename that was interrupted is completed by the same command: no reference is ever without its value.
    """
    check_name(new, "secret")
    with store.locked():
        values, vault = read(old), open_vault()
        if new == old:
            return
        if vault.read(new) not in (None, values):
            raise ConflictError(f"there is another secret {new!r}", hint="choose another name")
        vault.write(new, values)
        for user in users(old, store):
            user.refer_to(new)
        vault.delete(old)


def delete(name: str, store: ConfigStore) -> None:
    """Delete a secret; raise ConflictError naming the components and connectors that refer to it."""
    with store.locked():
        check_unused(name, store)
        open_vault().delete(name)


def check_unused(name: str, store: ConfigStore) -> None:
    """Raise NotFoundError for a secret that is not there, ConflictError for one that something refers to."""
    read(name)
    found = list(users(name, store))
    if found:
        raise _in_use(f"secret {name!r}", found)


def users(name: str, store: ConfigStore) -> Iterator[User]:
    """Yield the components and connectors that refer to a secret."""
    for kind in KINDS:
        yield from _users(kind, store.components(kind), name)
    yield from _users("service-connector", store.connectors, name)


def _users(noun: str, collection: Collection[ConfiguredT], secret: str) -> Iterator[User]:
    for record in collection.all():
        keys = own_keys(record.config, secret)
        if keys:
            yield User(noun, record.name, keys, partial(_refer, collection, record, secret))


def _refer(collection: Collection[ConfiguredT], record: ConfiguredT, old: str, new: str) -> None:
    collection.put(replace(record, config=renamed(record.config, old, new)))


def _in_use(what: str, found: Sequence[User]) -> ConflictError:
    names = ", ".join(f"{user.noun} {user.name!r}" for user in found)
    return ConflictError(f"{what} is used by {names}", hint=f"see: podium {found[0].noun} describe {found[0].name}")

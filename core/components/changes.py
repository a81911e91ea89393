"""Renaming, copying and deleting components, with their secrets and the stacks that use them."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from ..dataclass import replace
from ..errors import ConflictError
from ..secrets.changes import users
from ..secrets.own_secret import own_keys, renamed, store_with_secret
from ..secrets.vault import open_vault
from .registration import secret_name

if TYPE_CHECKING:
    from ..secrets.changes import User
    from ..store.config_store import ConfigStore
    from ..store.records import ComponentRecord


def rename(kind: str, old: str, new: str, store: ConfigStore) -> None:
    """Give a component and its secret another name, also in what uses either; raise ConflictError for a taken one.

    A rename that was interrupted is completed by the same command: at any instant what the stacks name is there.
    """
    with store.locked():
        components = store.components(kind)
        record = components.get(old)
        if new == old:
            return
        if old in components.built_in:
            raise ConflictError(
                f"{kind} {old!r} is built in and cannot be renamed", hint=f"podium {kind} copy {old} {new}"
            )
        _put_copy(record, new, store)
        for stack in store.stacks.all():
            if stack.components.get(kind) == old:
                store.stacks.put(replace(stack, components={**stack.components, kind: new}))
        for user in _referring(record, store):
            user.refer_to(secret_name(replace(record, name=new)))
        remove(record, store)


def copy(kind: str, source: str, target: str, store: ConfigStore) -> None:
    """Register a component like another one, with a secret of its own; ConflictError when the name is taken."""
    with store.locked():
        _put_copy(store.components(kind).get(source), target, store)


def delete(kind: str, name: str, store: ConfigStore) -> None:
    """Delete a component and its secret; raise ConflictError naming the stacks that use it."""
    with store.locked():
        check_unused(kind, name, store)
        remove(store.components(kind).get(name), store)


def check_unused(kind: str, name: str, store: ConfigStore) -> None:
    """Raise ConflictError for a built-in component, and naming what uses another one or its secret."""
    if name in store.components(kind).built_in:
        raise ConflictError(f"{kind} {name!r} is built in and cannot be deleted")
    stacks = stacks_using(kind, name, store)
    if stacks:
        raise ConflictError(
            f"{kind} {name!r} is used by stack {', '.join(stacks)}", hint=f"first: podium stack delete {stacks[0]}"
        )
    referring = _referring(store.components(kind).get(name), store)
    if referring:
        raise ConflictError(
            f"the secret of {kind} {name!r} is used by "
            + ", ".join(f"{user.noun} {user.name!r}" for user in referring),
            hint=f"see: podium {referring[0].noun} describe {referring[0].name}",
        )


def stacks_using(kind: str, name: str, store: ConfigStore) -> list[str]:
    """Return the names of the stacks that have a component."""
    return [stack.name for stack in store.stacks.all() if stack.components.get(kind) == name]


def _put_copy(record: ComponentRecord, name: str, store: ConfigStore) -> None:
    components = store.components(record.kind)
    copied = replace(record, name=name)
    owner = secret_name(record)
    copied = replace(copied, config=renamed(record.config, owner, secret_name(copied)))
    if name in components.names() and components.get(name) != copied:
        raise ConflictError(
            f"there is another {record.kind} {name!r}",
            hint=f"choose another name; podium {record.kind} describe {name}",
        )
    values = (open_vault().read(owner) or {}) if own_keys(record.config, owner) else {}
    store_with_secret(secret_name(copied), {}, copied.config, values, partial(components.put, copied))


def remove(record: ComponentRecord, store: ConfigStore) -> None:
    """Remove a component and its secret; called under the store's lock."""
    put_away = partial(store.components(record.kind).remove, record.name)
    store_with_secret(secret_name(record), record.config, {}, {}, put_away)


def _referring(record: ComponentRecord, store: ConfigStore) -> list[User]:
    """Return what refers to the secret of a component, itself left out."""
    found = users(secret_name(record), store)
    return [user for user in found if (user.noun, user.name) != (record.kind, record.name)]

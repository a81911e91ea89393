"""Changing, renaming and deleting service connectors, with their secrets and all that refers to either."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

from ..dataclass import replace
from ..errors import ConflictError, UsageError
from ..kinds import KINDS
from ..names import did_you_mean
from ..secrets.changes import users
from ..secrets.own_secret import own_keys, renamed, store_with_secret
from ..secrets.set_apart import secret_fields
from ..secrets.vault import open_vault
from .building import secret_name
from .types import load_type, method_of

if TYPE_CHECKING:
    from ..secrets.changes import User
    from ..spec import JSON
    from ..store.config_store import ConfigStore
    from ..store.records import ComponentRecord, ConnectorRecord

_OPTIONAL: Mapping[str, Any] = {
    "resource_type": None,
    "resource_id": None,
    "expires_at": None,
    "expiration_seconds": None,
    "description": "",
}


def revised(
    record: ConnectorRecord, fields: Mapping[str, JSON], attributes: Mapping[str, Any], remove: Sequence[str] = ()
) -> tuple[ConnectorRecord, list[str]]:
    """Return a record with other fields and attributes, and the names of what does not outlive the change.

    Those are the fields that another auth method does not have, and the expiry of credentials that are replaced.
    """
    known = [*record.config, *_OPTIONAL]
    absent = [name for name in remove if name not in known]
    if absent:
        hint = did_you_mean(absent[0], known) or f"it has: {', '.join(known)}"
        raise UsageError(f"service-connector {record.name!r} has no {absent[0]!r} to remove", hint=hint)
    changed = replace(record, **{name: _OPTIONAL[name] for name in remove if name not in record.config}, **attributes)
    model = method_of(load_type(changed.type), changed.auth_method).config_class
    dropped = [name for name in record.config if name not in {*model.field_names(), *remove}]
    if changed.expires_at and "expires_at" not in attributes and secret_fields(model) & set(fields):
        changed = replace(changed, expires_at=None)
        dropped.append("expires_at")
    kept = {name: value for name, value in record.config.items() if name not in {*remove, *dropped}}
    return replace(changed, config={**kept, **fields}), dropped


def rename(old: str, new: str, store: ConfigStore) -> None:
    """Give a connector, its secret and all that refers to either another name; raise ConflictError for a taken one.

    One that was interrupted is completed by the same command.
    """
    with store.locked():
        record, owner, new_owner = store.connectors.get(old), secret_name(old), secret_name(new)
        if new == old:
            return
        moved = replace(record, name=new, config=renamed(record.config, owner, new_owner))
        if new in store.connectors.names() and store.connectors.get(new) != moved:
            raise ConflictError(f"there is another service-connector {new!r}", hint="choose another name")
        values = (open_vault().read(owner) or {}) if own_keys(record.config, owner) else {}
        store_with_secret(new_owner, {}, moved.config, values, partial(store.connectors.put, moved))
        for component in connected(old, store):
            store.components(component.kind).put(replace(component, connector=new))
        for user in _referring(old, store):
            user.refer_to(new_owner)
        _remove(record, store)


def delete(name: str, store: ConfigStore) -> None:
    """Delete a connector and its secret; raise ConflictError naming what uses either."""
    with store.locked():
        check_unused(name, store)
        _remove(store.connectors.get(name), store)


def check_unused(name: str, store: ConfigStore) -> None:
    """Raise ConflictError naming the components that are connected, and what refers to the connector's secret."""
    hints = {f"{user.noun} {user.name!r}": f"{user.noun} describe {user.name}" for user in _referring(name, store)}
    hints |= {f"{user.kind} {user.name!r}": f"{user.kind} disconnect {user.name}" for user in connected(name, store)}
    if hints:
        raise ConflictError(
            f"service-connector {name!r} is used by {', '.join(hints)}",
            hint=f"first: podium {next(iter(hints.values()))}",
        )


def connected(name: str, store: ConfigStore) -> list[ComponentRecord]:
    """Return the components that are connected to a connector."""
    return [component for kind in KINDS for component in store.components(kind).all() if component.connector == name]


def _referring(name: str, store: ConfigStore) -> list[User]:
    """Return what refers to the secret of a connector, itself left out."""
    return [user for user in users(secret_name(name), store) if (user.noun, user.name) != ("service-connector", name)]


def _remove(record: ConnectorRecord, store: ConfigStore) -> None:
    store_with_secret(secret_name(record.name), record.config, {}, {}, partial(store.connectors.remove, record.name))

"""Registering service connectors: what is stored has been checked, and has reached its service unless told not to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timezone
from functools import partial
from typing import TYPE_CHECKING, Literal, cast

from .. import config_values
from ..dataclass import dataclass, replace
from ..errors import ConflictError, PodiumError, UsageError
from ..expiry import in_utc, read_time
from ..secrets.own_secret import changed_keys, store_with_secret
from ..secrets.secret import Secret
from ..store.collection import differences
from . import resources
from .building import built, scope, secret_name
from .types import load_type, method_of

if TYPE_CHECKING:
    from ..contracts.component import Settings
    from ..contracts.service_connector import ServiceConnector
    from ..spec import JSON
    from ..store.config_store import ConfigStore
    from ..store.records import ConnectorRecord


@dataclass(frozen=True, slots=True)
class Registration:
    """A record as the store keeps it, the values of its secret fields, and the connector that both make."""

    record: ConnectorRecord
    secrets: Mapping[str, str]
    connector: ServiceConnector[Settings]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a registration, and what the connector reaches; nothing where it was not asked to."""

    state: Literal["registered", "updated", "unchanged"]
    reached: Sequence[resources.Reached] = ()


@dataclass(frozen=True, slots=True)
class Found:
    """Credentials of this machine, in plain text; `expires_at` is an ISO time, `source` says where they were."""

    auth_method: str
    config: Mapping[str, JSON]
    expires_at: str | None
    source: str


def prepare(record: ConnectorRecord) -> Registration:
    """Check a record whose config is as the user gave it; raise DefinitionError with every fault of the fields."""
    kind = load_type(record.type)
    where = f"{record.type} auth method {record.auth_method}"
    config, secrets = config_values.checked(
        method_of(kind, record.auth_method).config_class,
        record.config,
        owner=secret_name(record.name),
        subject=f"service-connector {record.name!r}",
        where=where,
    )
    if record.expiration_seconds is not None and record.expiration_seconds <= 0:
        raise UsageError("credentials live for at least a second", where="--expiration-seconds")
    connector = built(record, where=where)
    resource_type, _ = scope(connector, None, None)
    expires_at = record.expires_at and in_utc(read_time(record.expires_at))
    return Registration(
        replace(record, config=config, resource_type=resource_type, expires_at=expires_at), secrets, connector
    )


def register(record: ConnectorRecord, store: ConfigStore, *, update: bool = False, verify: bool = True) -> Outcome:
    """Store a connector whose config is as the user gave it; one that is there already is replaced only by an update.

    Raises ConflictError naming the fields that differ, and what `verify` raises when the service is not reached; then
    nothing is stored.
    """
    store.connectors.check_put(record)
    old = store.connectors.get(record.name) if record.name in store.connectors.names() else None
    registration = prepare(record)
    if old and not update:
        different = _different(registration, old)
        if different:
            raise store.connectors.conflict(record.name, different)
    return _store(registration, old, store, verify=verify)


def update(old: ConnectorRecord, new: ConnectorRecord, store: ConfigStore, *, verify: bool = True) -> Outcome:
    """Store a connector in place of the one that was read, as `register` does."""
    return _store(prepare(new), old, store, verify=verify)


def detect(connector: type[ServiceConnector[Settings]], auth_method: str | None) -> Found:
    """Return the credentials of this machine; raise UsageError when they are for another auth method than asked for."""
    found = connector.detect()
    if auth_method not in {None, found.auth_method}:
        raise UsageError(
            f"this machine has credentials for {found.auth_method!r}, not for {auth_method!r}",
            where=found.source,
            hint="leave out --auth-method, or give the fields of that method instead of --auto-configure",
        )
    expires_at = in_utc(datetime.fromtimestamp(found.expires, timezone.utc)) if found.expires else None
    return Found(
        found.auth_method, {name: _plain(value) for name, value in found.values.items()}, expires_at, found.source
    )


def _different(registration: Registration, old: ConnectorRecord | None) -> list[str]:
    """Return the fields in which a registration differs from what is stored, secret ones too."""
    if old is None:
        return []
    changed = changed_keys(old.config, registration.secrets, secret_name(old.name))
    return sorted({*differences(old, registration.record), *(f"config.{key}" for key in changed)})


def _store(registration: Registration, old: ConnectorRecord | None, store: ConfigStore, *, verify: bool) -> Outcome:
    if old and not _different(registration, old):
        return Outcome("unchanged")
    reached = _reach(registration) if verify else []
    with store.locked():
        _put(registration, old, store)
    return Outcome("updated" if old else "registered", reached)


def _reach(registration: Registration) -> list[resources.Reached]:
    try:
        return resources.verify(registration.record, registration.connector)
    except PodiumError as error:
        error.hint = "; ".join(filter(None, [error.hint, "nothing was stored, --no-verify registers it all the same"]))
        raise


def _put(registration: Registration, old: ConnectorRecord | None, store: ConfigStore) -> None:
    record = registration.record
    now = store.connectors.get(record.name) if record.name in store.connectors.names() else None
    if now != old:
        raise ConflictError(
            f"service-connector {record.name!r} was changed by another process", hint="look at it and try again"
        )
    store_with_secret(
        secret_name(record.name),
        old.config if old else {},
        record.config,
        registration.secrets,
        partial(store.connectors.put, record),
    )


def _plain(value: object) -> JSON:
    return value.reveal() if isinstance(value, Secret) else cast("JSON", value)

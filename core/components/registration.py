"""From a registration to a component: checks what is registered, sets secrets apart, and builds what was."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Literal

from .. import config_values, registry
from ..dataclass import replace
from ..errors import NotFoundError
from ..names import did_you_mean
from ..secrets.own_secret import changed_keys, store_with_secret
from ..store.collection import differences
from ..store.records import ComponentRecord
from ..validation import validated

if TYPE_CHECKING:
    from ..contracts.component import Component, Settings
    from ..contracts.service_connector import ServiceConnector
    from ..spec import JSON
    from ..store.config_store import ConfigStore


def secret_name(record: ComponentRecord) -> str:
    """Return the name of the secret that holds a component's secret fields."""
    return f"{record.kind}.{record.name}"


def prepare(record: ComponentRecord) -> tuple[ComponentRecord, dict[str, str]]:
    """Return a record as it is stored, given one with plain secrets, and the values for its secret.

    Raises DefinitionError with every fault of the config, NotFoundError for a secret that does not exist.
    """
    config, secrets = config_values.checked(
        registry.load(record.kind, record.flavor).config_class,
        record.config,
        owner=secret_name(record),
        subject=_subject(record),
        where=f"flavor {record.flavor}",
    )
    return replace(record, config=config), secrets


def register(
    given: ComponentRecord, store: ConfigStore, *, update: bool = False, verify: bool = False
) -> Literal["registered", "updated", "unchanged"]:
    """Store a component whose config is as the user gave it.

    Another one of the name is a ConflictError that names the fields, or is replaced by an update. A registration that
    names no connector leaves the one that the component has; with `verify` a connector is tried before it is stored.
    """
    record, secrets = prepare(given)
    if given.connector:
        from . import connections

        connections.check(given, store)
        if verify:
            connections.check_access(given, store)
    with store.locked():
        components = store.components(record.kind)
        components.check_put(record)
        old = components.get(record.name) if record.name in components.names() else None
        if old and not record.connector:
            record = replace(record, connector=old.connector, resource_id=old.resource_id)
        different = changes(old, record, secrets)
        if old and different and not update:
            raise components.conflict(record.name, different)
        if different:
            _put(old, record, secrets, store)
    if not different:
        return "unchanged"
    return "updated" if old else "registered"


def revise(
    kind: str,
    name: str,
    store: ConfigStore,
    *,
    fields: Mapping[str, JSON] | None = None,
    labels: Mapping[str, str] | None = None,
    remove: Sequence[str] = (),
) -> bool:
    """Give some fields and labels of a component other values and remove others; return False when nothing differs.

    Raises NotFoundError for a field to remove that has no value.
    """
    with store.locked():
        old = store.components(kind).get(name)
        for field in remove:
            if field not in old.config:
                hint = did_you_mean(field, old.config) or f"it has: {', '.join(old.config) or 'none'}"
                raise NotFoundError(f"{_subject(old)} has no value for field {field!r}", hint=hint)
        kept = {field: value for field, value in old.config.items() if field not in remove}
        record, secrets = prepare(
            replace(old, config={**kept, **(fields or {})}, labels={**old.labels, **(labels or {})})
        )
        store.components(kind).check_put(record)
        different = changes(old, record, secrets)
        if different:
            _put(old, record, secrets, store)
    return bool(different)


def changes(old: ComponentRecord | None, new: ComponentRecord, secrets: Mapping[str, str]) -> list[str]:
    """Return the fields in which a component would change, those of its secret too; one that is new changes all."""
    if old is None:
        return ["flavor"]
    secret = changed_keys(old.config, secrets, secret_name(old))
    return sorted({*differences(old, new), *(f"config.{key}" for key in secret)})


def shown_config(record: ComponentRecord) -> dict[str, JSON]:
    """Return a stored config as it may be shown; raise what keeps the flavor, which knows its secrets, from loading."""
    if not record.config:
        return {}
    return config_values.masked(registry.load(record.kind, record.flavor).config_class, record.config)


def build(record: ComponentRecord, store: ConfigStore) -> Component[Settings]:
    """Return the flavor's object for a stored component, with its connector if it has one.

    Raises DefinitionError with the lines of what is not valid, NotFoundError when a secret or the connector is gone.
    """
    flavor = registry.load(record.kind, record.flavor)
    config = config_values.stored(
        flavor.config_class,
        record.config,
        subject=_subject(record),
        path=store.components(record.kind).path(record.name),
        update=f"podium {record.kind} update {record.name}",
    )
    return flavor(record.name, config, connector=connector_of(record, flavor.connector_resource, store))


def built(given: ComponentRecord) -> Component[Settings]:
    """Return the flavor's object, without connector, for a component whose config is as the user gave it."""
    flavor = registry.load(given.kind, given.flavor)
    config = validated(
        flavor.config_class,
        config_values.with_secrets(given.config),
        subject=_subject(given),
        where=f"flavor {given.flavor}",
    )
    return flavor(given.name, config)


def connector_of(
    record: ComponentRecord, resource_type: str | None, store: ConfigStore
) -> ServiceConnector[Settings] | None:
    """Return a component's connector for the resource that was chosen; raise NotFoundError when it is gone."""
    if record.connector is None:
        return None
    from ..connectors.building import build

    try:
        link = store.connectors.get(record.connector)
    except NotFoundError as error:
        error.where = _subject(record)
        error.hint = f"podium {record.kind} connect {record.name} --connector NAME"
        raise
    return build(replace(link, resource_type=resource_type, resource_id=record.resource_id or link.resource_id), store)


def _put(old: ComponentRecord | None, new: ComponentRecord, secrets: Mapping[str, str], store: ConfigStore) -> None:
    put = partial(store.components(new.kind).put, new)
    store_with_secret(secret_name(new), old.config if old else {}, new.config, secrets, put)


def _subject(record: ComponentRecord) -> str:
    return f"{record.kind} {record.name!r}"

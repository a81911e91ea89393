"""Which service connector a component uses, and whether that one reaches what the component needs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .. import registry
from ..connectors.building import build as build_connector
from ..connectors.building import check_expiry, scope
from ..connectors.types import load_type
from ..dataclass import replace
from ..errors import PodiumError, UsageError
from .registration import built

if TYPE_CHECKING:
    from ..store.config_store import ConfigStore
    from ..store.records import ComponentRecord, ConnectorRecord


def connect(
    kind: str, name: str, connector: str, store: ConfigStore, *, resource_id: str | None = None, verify: bool = True
) -> bool:
    """Have a component use a connector, for one of its resources if one is named; return False when it did so before.

    Raises UsageError when the connector is not for what the component needs, AccessError when it does not reach it.
    """
    record = replace(store.components(kind).get(name), connector=connector, resource_id=resource_id)
    check(record, store)
    if verify:
        check_access(record, store)
    with store.locked():
        components = store.components(kind)
        return components.put(replace(components.get(name), connector=connector, resource_id=resource_id))


def disconnect(kind: str, name: str, store: ConfigStore) -> bool:
    """Have a component use no connector; return False when it used none."""
    with store.locked():
        components = store.components(kind)
        return components.put(replace(components.get(name), connector=None, resource_id=None))


def check(record: ComponentRecord, store: ConfigStore) -> None:
    """Raise the reason why a component cannot use the connector that its record names, without reaching for it."""
    assert record.connector is not None
    check_suits(record, store.connectors.get(record.connector))


def check_suits(record: ComponentRecord, connector: ConnectorRecord) -> None:
    """Raise UsageError when a connector is not for what a component needs."""
    needed = _needed(record)
    if needed is None:
        raise UsageError(f"{record.kind} flavor {record.flavor!r} uses no service connector")
    if not _is_for(connector, needed):
        raise UsageError(
            f"service-connector {connector.name!r} of type {connector.type!r} gives no access to {needed}, "
            f"which {record.kind} {record.name!r} needs",
            hint=f"podium service-connector list-types --resource-type {needed} shows the types that do",
        )


def check_access(record: ComponentRecord, store: ConfigStore) -> None:
    """Raise the reason why a component's connector does not reach what the component needs; reaches for it."""
    assert record.connector is not None
    link = store.connectors.get(record.connector)
    connector = build_connector(link, store)
    component = built(record)
    resource_id = record.resource_id or component.resource_id()
    try:
        check_expiry(link)
        connector.verify(*scope(connector, component.connector_resource, resource_id))
    except PodiumError as error:
        unchecked = "--no-verify connects it all the same"
        error.hint = f"{error.hint}; {unchecked}" if error.hint else unchecked
        raise


def candidates(record: ComponentRecord, store: ConfigStore) -> list[str]:
    """Return the names of the connectors that a component could use."""
    needed = _needed(record)
    return [connector.name for connector in store.connectors.all() if needed and _is_for(connector, needed)]


def _needed(record: ComponentRecord) -> str | None:
    return registry.load(record.kind, record.flavor).connector_resource


def _is_for(connector: ConnectorRecord, resource_type: str) -> bool:
    if connector.resource_type:
        return connector.resource_type == resource_type
    try:
        return any(known.name == resource_type for known in load_type(connector.type).resource_types)
    except PodiumError:  # a connector of a package that is gone is for nothing
        return False

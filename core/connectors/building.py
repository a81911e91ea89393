"""Service connectors: from a record to an object with its secrets, and whether it reaches what it is for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .. import config_values
from ..errors import AccessError, UsageError
from ..expiry import expires_in, is_past
from ..validation import validated
from .types import check_resource_type, load_type, method_of

if TYPE_CHECKING:
    from ..contracts.component import Settings
    from ..contracts.service_connector import ServiceConnector
    from ..store.config_store import ConfigStore
    from ..store.records import ConnectorRecord


def secret_name(connector: str) -> str:
    """Return the name of the secret that holds the secret fields of a connector."""
    return f"service-connector.{connector}"


def build(record: ConnectorRecord, store: ConfigStore) -> ServiceConnector[Settings]:
    """Return a stored connector, its secrets resolved; raise DefinitionError with the lines of what is not valid."""
    config = config_values.stored(
        _config_class(record),
        record.config,
        subject=_subject(record),
        path=store.connectors.path(record.name),
        update=f"podium service-connector update {record.name}",
    )
    return _made(record, config)


def built(record: ConnectorRecord, *, where: str) -> ServiceConnector[Settings]:
    """Return the connector of a record that may not be stored yet; `where` tells errors where its values stand."""
    values = config_values.with_secrets(record.config)
    return _made(record, validated(_config_class(record), values, subject=_subject(record), where=where))


def _config_class(record: ConnectorRecord) -> type[Settings]:
    return method_of(load_type(record.type), record.auth_method).config_class


def _subject(record: ConnectorRecord) -> str:
    return f"service-connector {record.name!r}"


def _made(record: ConnectorRecord, config: Settings) -> ServiceConnector[Settings]:
    connector = load_type(record.type)
    if record.resource_type is not None:
        check_resource_type(connector, record.resource_type)
    return connector(
        record.name,
        record.auth_method,
        config,
        resource_type=record.resource_type,
        resource_id=record.resource_id,
        expiration_seconds=record.expiration_seconds,
    )


def login(
    record: ConnectorRecord, store: ConfigStore, resource_type: str | None = None, resource_id: str | None = None
) -> str:
    """Give this machine's own client the credentials of a connector, as they stand; return what was configured."""
    check_expiry(record)
    connector = build(record, store)
    chosen, resource = scope(connector, resource_type, resource_id)
    return connector.login(chosen or only_resource_type(connector), resource)


def check_expiry(record: ConnectorRecord) -> None:
    """Raise AccessError when the credentials of a record have ended."""
    if record.expires_at and is_past(record.expires_at):
        raise AccessError(
            f"the credentials of service-connector {record.name!r} {expires_in(record.expires_at)}",
            where=f"expires_at {record.expires_at}",
            hint=f"podium service-connector update {record.name} --expires-at TIME --FIELD=… with new ones",
        )


def scope(
    connector: ServiceConnector[Settings], resource_type: str | None, resource_id: str | None
) -> tuple[str | None, str | None]:
    """Return the resource type and id to use when these are asked for; None stands for any.

    Raises UsageError for what lies outside the type and id that the connector was registered for.
    """
    if resource_type:
        check_resource_type(type(connector), resource_type)
    chosen = []
    for what, asked, registered in (
        ("resource type", resource_type, connector.resource_type),
        ("resource", resource_id, connector.resource_id),
    ):
        if asked and registered and asked != registered:
            raise UsageError(
                f"service-connector {connector.name!r} was registered for {what} {registered!r} only, not {asked!r}",
                hint=f"podium service-connector describe {connector.name}",
            )
        chosen.append(asked or registered)
    if chosen[1] and not chosen[0]:
        chosen[0] = only_resource_type(connector)
    return chosen[0], chosen[1]


def only_resource_type(connector: ServiceConnector[Settings]) -> str:
    """Return the resource type of a connector that has one; raise UsageError naming those to choose from."""
    names = [resource.name for resource in connector.resource_types]
    if len(names) > 1:
        raise UsageError(
            f"service-connector {connector.name!r} has several resource types: {', '.join(names)}",
            hint="add --resource-type NAME",
        )
    return names[0]

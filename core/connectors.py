"""Service connectors: their types, and from a record to an object with its secrets."""

from __future__ import annotations

from typing import TYPE_CHECKING

from . import config_values
from .errors import MissingToolError, NotFoundError, PodiumError, UsageError
from .names import did_you_mean
from .validation import validated

if TYPE_CHECKING:
    from .contracts.component import Settings
    from .contracts.service_connector import AuthMethod, ServiceConnector
    from .store.config_store import ConfigStore
    from .store.records import ConnectorRecord

TYPES = {
    "aws": "podium.connectors.aws:AWSConnector",
    "docker": "podium.connectors.docker:DockerConnector",
    "hyperai": "podium.connectors.hyperai:HyperAIConnector",
    "kubernetes": "podium.connectors.kubernetes:KubernetesConnector",
}
PLANNED = ("azure", "gcp")
_GROUP = "podium.connectors"


def types() -> dict[str, str]:
    """Return `module:Class` of every type by its name: podium's own, then those that other packages add."""
    from importlib.metadata import entry_points

    return {**{point.name: point.value for point in entry_points(group=_GROUP)}, **TYPES}


def load_type(name: str) -> type[ServiceConnector[Settings]]:
    """Import a type's class; raise NotFoundError for an unknown one, UsageError for one that is planned."""
    from importlib import import_module

    from .contracts.service_connector import ServiceConnector

    if name in PLANNED:
        raise UsageError(f"service connectors of type {name!r} are planned, but this podium does not have them yet")
    place = TYPES.get(name) or types().get(name)
    if place is None:
        hint = did_you_mean(name, types()) or "podium service-connector list-types"
        raise NotFoundError(f"there is no service connector type {name!r}", hint=hint)
    module, _, attribute = place.partition(":")
    try:
        found: object = getattr(import_module(module), attribute)
    except ImportError as error:
        raise MissingToolError(f"service connector type {name!r} cannot be imported: {error}", where=place) from error
    if not (isinstance(found, type) and issubclass(found, ServiceConnector)):
        raise PodiumError(f"{place} is not a class that extends ServiceConnector")
    return found


def method_of(connector: type[ServiceConnector[Settings]], name: str) -> AuthMethod:
    """Return an auth method of a type; raise NotFoundError naming those it has."""
    known = {method.name: method for method in connector.auth_methods}
    if name not in known:
        hint = did_you_mean(name, known) or f"it has: {', '.join(known)}"
        raise NotFoundError(f"service connector type {connector.type!r} has no auth method {name!r}", hint=hint)
    return known[name]


def build(record: ConnectorRecord, store: ConfigStore) -> ServiceConnector[Settings]:
    """Return the connector of a record, its secrets resolved; raise DefinitionError when its config is not valid."""
    connector = load_type(record.type)
    config = validated(
        method_of(connector, record.auth_method).config_class,
        config_values.with_secrets(record.config),
        subject=f"service-connector {record.name!r}",
        where=str(store.connectors.path(record.name)),
    )
    return connector(
        record.name,
        record.auth_method,
        config,
        resource_type=record.resource_type,
        resource_id=record.resource_id,
        expiration_seconds=record.expiration_seconds,
    )

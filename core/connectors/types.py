"""The types of service connector: podium's own and other packages', their auth methods and resource types."""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING

from ..errors import MissingToolError, NotFoundError, PodiumError, UsageError
from ..names import did_you_mean

if TYPE_CHECKING:
    from ..contracts.component import Settings
    from ..contracts.service_connector import AuthMethod, ServiceConnector

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

    return TYPES | {point.name: point.value for point in entry_points(group=_GROUP) if point.name not in TYPES}


def load_type(name: str) -> type[ServiceConnector[Settings]]:
    """Import a type's class; raise NotFoundError for an unknown one, UsageError for one that is planned."""
    from importlib import import_module

    from ..contracts.service_connector import ServiceConnector

    if name in PLANNED:
        raise UsageError(
            f"service connectors of type {name!r} are planned, but this podium does not have them yet",
            hint="podium service-connector list-types shows those it has",
        )
    place = TYPES.get(name) or types().get(name)
    if place is None:
        hint = did_you_mean(name, types()) or "podium service-connector list-types"
        raise NotFoundError(f"there is no service connector type {name!r}", hint=hint)
    module, _, attribute = place.partition(":")
    try:
        found: object = getattr(import_module(module), attribute)
    except ImportError as error:
        raise MissingToolError(f"service connector type {name!r} cannot be imported: {error}", where=place) from error
    except AttributeError as error:
        raise PodiumError(f"service connector type {name!r} has no class {attribute!r}", where=module) from error
    if not (isinstance(found, type) and issubclass(found, ServiceConnector)):
        raise PodiumError(f"{place} is not a class that extends ServiceConnector")
    return found


def sdk_is_installed(connector: type[ServiceConnector[Settings]]) -> bool:
    """Say whether every module that a type needs is importable here, without importing it."""
    from importlib.util import find_spec

    return all(find_spec(module) is not None for module in connector.modules)


def can_detect(connector: type[ServiceConnector[Settings]]) -> bool:
    """Say whether a type can find the credentials of this machine."""
    from ..contracts.service_connector import ServiceConnector

    return any("detect" in vars(base) for base in connector.__mro__[: connector.__mro__.index(ServiceConnector)])


def method_of(connector: type[ServiceConnector[Settings]], name: str) -> AuthMethod:
    """Return an auth method of a type; raise NotFoundError naming those it has."""
    known = {method.name: method for method in connector.auth_methods}
    if name not in known:
        hint = did_you_mean(name, known) or f"it has: {', '.join(known)}"
        raise NotFoundError(f"service connector type {connector.type!r} has no auth method {name!r}", hint=hint)
    return known[name]


def fitting_method(connector: type[ServiceConnector[Settings]], fields: Collection[str]) -> AuthMethod:
    """Return the only method of a type, or the only one that has all these fields and requires no other.

    Raises UsageError naming the methods among which the user has to choose.
    """
    if len(connector.auth_methods) == 1:
        return connector.auth_methods[0]
    fitting = [method for method in connector.auth_methods if _fits(method.config_class, fields)]
    if len(fitting) == 1:
        return fitting[0]
    names = ", ".join(method.name for method in fitting or connector.auth_methods)
    raise UsageError(
        f"service connector type {connector.type!r} has several auth methods, and "
        f"{'these fields fit more than one' if fitting else 'these fields are not those of one'}: {names}",
        hint=f"add --auth-method NAME; podium service-connector describe-type {connector.type} shows their fields",
    )


def check_resource_type(connector: type[ServiceConnector[Settings]], name: str) -> None:
    """Raise NotFoundError naming the resource types that a connector type has, unless this is one."""
    known = [resource.name for resource in connector.resource_types]
    if name not in known:
        hint = did_you_mean(name, known) or f"it has: {', '.join(known)}"
        raise NotFoundError(f"service connector type {connector.type!r} has no resource type {name!r}", hint=hint)


def _fits(model: type[Settings], fields: Collection[str]) -> bool:
    names = model.field_names()
    required = {name for name in names if not hasattr(model, name)}
    return required <= set(fields) <= set(names)

"""What the store keeps of a component and of a stack; the file's place says its kind and name."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from ..dataclass import dataclass, field
from ..kinds import KINDS

if TYPE_CHECKING:
    from ..spec import JSON
    from .document import Document

DEFAULT = "default"


@dataclass(frozen=True, slots=True)
class ComponentRecord:
    """One registered component; `config` holds only the fields that were given, secrets as `{{name.key}}`."""

    kind: str
    name: str
    flavor: str
    config: Mapping[str, JSON] = field(default_factory=dict)
    labels: Mapping[str, str] = field(default_factory=dict)
    connector: str | None = None
    resource_id: str | None = None

    def to_plain(self) -> dict[str, JSON]:
        """Return what the file holds."""
        return {
            "flavor": self.flavor,
            **_given(
                config=dict(self.config),
                labels=dict(self.labels),
                connector=self.connector,
                resource_id=self.resource_id,
            ),
        }


@dataclass(frozen=True, slots=True)
class StackRecord:
    """One registered stack: the name of a component by kind."""

    name: str
    components: Mapping[str, str]

    def to_plain(self) -> dict[str, JSON]:
        """Return what the file holds."""
        return {"components": dict(self.components)}


@dataclass(frozen=True, slots=True, kw_only=True)
class ConnectorRecord:
    """One registered service connector; `expires_at` is an ISO time, given for credentials that end by themselves."""

    name: str
    type: str
    auth_method: str
    config: Mapping[str, JSON] = field(default_factory=dict)
    resource_type: str | None = None
    resource_id: str | None = None
    expires_at: str | None = None
    expiration_seconds: int | None = None
    description: str = ""
    labels: Mapping[str, str] = field(default_factory=dict)

    def to_plain(self) -> dict[str, JSON]:
        """Return what the file holds."""
        return {
            "type": self.type,
            "auth_method": self.auth_method,
            **_given(
                config=dict(self.config),
                resource_type=self.resource_type,
                resource_id=self.resource_id,
                expires_at=self.expires_at,
                expiration_seconds=self.expiration_seconds,
                description=self.description,
                labels=dict(self.labels),
            ),
        }


@dataclass(frozen=True, slots=True)
class FlavorRecord:
    """A flavor registered by the path of its class, `package.module.Class`, importable from the folder `root`."""

    kind: str
    name: str
    source: str
    root: str

    def to_plain(self) -> dict[str, JSON]:
        """Return what the file holds."""
        return {"source": self.source, "root": self.root}


COMPONENT_KEYS = ("flavor", "config", "labels", "connector", "resource_id")
STACK_KEYS = ("components",)
FLAVOR_KEYS = ("source", "root")
CONNECTOR_KEYS = (
    "type",
    "auth_method",
    "config",
    "resource_type",
    "resource_id",
    "expires_at",
    "expiration_seconds",
    "description",
    "labels",
)
BUILT_IN_STACK = StackRecord(DEFAULT, {kind.name: DEFAULT for kind in KINDS.values() if kind.required})


def built_in_component(kind: str) -> ComponentRecord:
    """Return the component that exists without any set-up."""
    return ComponentRecord(kind, DEFAULT, "local")


def read_component(kind: str, name: str, document: Document) -> ComponentRecord:
    """Build the record from its file; raise PodiumError naming the line that is wrong."""
    return ComponentRecord(
        kind,
        name,
        document.text("flavor"),
        document.mapping("config"),
        document.texts("labels"),
        document.optional_text("connector"),
        document.optional_text("resource_id"),
    )


def read_connector(name: str, document: Document) -> ConnectorRecord:
    """Build the record from its file; raise PodiumError naming the line that is wrong."""
    return ConnectorRecord(
        name=name,
        type=document.text("type"),
        auth_method=document.text("auth_method"),
        config=document.mapping("config"),
        resource_type=document.optional_text("resource_type"),
        resource_id=document.optional_text("resource_id"),
        expires_at=document.optional_time("expires_at"),
        expiration_seconds=document.optional_number("expiration_seconds"),
        description=document.optional_text("description") or "",
        labels=document.texts("labels"),
    )


def read_flavor(kind: str, name: str, document: Document) -> FlavorRecord:
    """Build the record from its file; raise PodiumError naming the line that is wrong."""
    return FlavorRecord(kind, name, document.text("source"), document.text("root"))


def read_stack(name: str, document: Document) -> StackRecord:
    """Build the record from its file; raise PodiumError naming the line that is wrong."""
    components = document.texts("components")
    unknown = [name for name in components if name not in KINDS]
    if unknown:
        raise document.fault(f"unknown kind {unknown[0]!r}, known: {', '.join(KINDS)}", "components")
    for kind in KINDS.values():
        if kind.required and kind.name not in components:
            raise document.fault(f"'components' names no {kind.name}", "components")
    return StackRecord(name, components)


def _given(**values: JSON) -> dict[str, JSON]:
    return {key: value for key, value in values.items() if value}

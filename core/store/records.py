"""What the store keeps of a component and of a stack; the file's place says its kind and name."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ..kinds import KINDS

if TYPE_CHECKING:
    from ..spec import JSON
    from .document import Document

DEFAULT = "default"


@dataclass(frozen=True, slots=True)
class ComponentRecord:
    """One registered component; `config` holds only the fields that were given."""

    kind: str
    name: str
    flavor: str
    config: Mapping[str, JSON] = field(default_factory=dict)
    labels: Mapping[str, str] = field(default_factory=dict)

    def to_plain(self) -> dict[str, JSON]:
        """Return what the file holds."""
        plain: dict[str, JSON] = {"flavor": self.flavor}
        if self.config:
            plain["config"] = dict(self.config)
        if self.labels:
            plain["labels"] = dict(self.labels)
        return plain


@dataclass(frozen=True, slots=True)
class StackRecord:
    """One registered stack: the name of a component by kind."""

    name: str
    components: Mapping[str, str]

    def to_plain(self) -> dict[str, JSON]:
        """Return what the file holds."""
        return {"components": dict(self.components)}


COMPONENT_KEYS = ("flavor", "config", "labels")
STACK_KEYS = ("components",)
BUILT_IN_STACK = StackRecord(DEFAULT, {kind.name: DEFAULT for kind in KINDS.values() if kind.required})


def built_in_component(kind: str) -> ComponentRecord:
    """Return the component that exists without any set-up."""
    return ComponentRecord(kind, DEFAULT, "local")


def read_component(kind: str, name: str, document: Document) -> ComponentRecord:
    """Build the record from its file; raise PodiumError naming the line that is wrong."""
    return ComponentRecord(kind, name, document.text("flavor"), document.mapping("config"), document.texts("labels"))


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

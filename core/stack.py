"""The stack that a run uses: its components, built from the store and validated."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from .components import build
from .contracts.artifact_store import ArtifactStore
from .contracts.artifact_store_flavor import ArtifactStoreFlavor
from .contracts.component import Component, Settings
from .contracts.orchestrator import Orchestrator
from .errors import PodiumError
from .store.config_store import ConfigStore
from .store.selection import selected_stack
from .validation import as_json

if TYPE_CHECKING:
    from .spec import JSON
    from .store.records import StackRecord


@dataclass(frozen=True, slots=True)
class Stack:
    """One component of each kind that a run needs."""

    name: str
    orchestrator: Orchestrator[Settings]
    artifact_store: ArtifactStore

    def snapshot(self) -> dict[str, JSON]:
        """Say what the stack is made of, for a run's records."""
        component = self.orchestrator
        config = as_json(component.config)
        return {
            "name": self.name,
            "orchestrator": {"name": component.name, "flavor": component.flavor, "config": config},
            "artifact_store": {"url": self.artifact_store.url},
        }


def load_stack(name: str | None = None) -> Stack:
    """Return the named stack, else the one that applies here (see `select_stack`).

    Raises NotFoundError when the stack or a component does not exist, DefinitionError when a config is not valid.
    """
    store = ConfigStore()
    stack = selected_stack(store, name)
    orchestrator = _component(store, stack, "orchestrator")
    artifact_store = _component(store, stack, "artifact-store")
    if not isinstance(orchestrator, Orchestrator):
        raise _wrong_class(orchestrator, "Orchestrator")
    if not isinstance(artifact_store, ArtifactStoreFlavor):
        raise _wrong_class(artifact_store, "ArtifactStoreFlavor")
    return Stack(stack.name, orchestrator, artifact_store.open())


def _component(store: ConfigStore, stack: StackRecord, kind: str) -> Component[Settings]:
    return build(store.components(kind).get(stack.components[kind]), store)


def _wrong_class(component: Component[Settings], contract: str) -> PodiumError:
    return PodiumError(f"component {component.name!r}: flavor {component.flavor!r} does not extend {contract}")

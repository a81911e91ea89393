"""The stack that a run uses: its components, built from the store and validated."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from ..components.registration import build
from ..contracts.artifact_store import ArtifactStore
from ..contracts.artifact_store_flavor import ArtifactStoreFlavor
from ..contracts.component import Component, Settings
from ..contracts.orchestrator import Orchestrator
from ..dataclass import dataclass
from ..errors import PodiumError
from ..kinds import KINDS
from ..store.config_store import ConfigStore
from ..store.records import DEFAULT, ComponentRecord
from ..store.selection import selected_stack

if TYPE_CHECKING:
    from ..contracts.container_registry import ContainerRegistry, ContainerRegistryConfig
    from ..contracts.image_builder import ImageBuilder
    from ..spec import JSON
    from ..store.records import StackRecord


@dataclass(frozen=True, slots=True)
class Stack:
    """What a run needs of a stack: its orchestrator and its artifact store, and the records of all its components."""

    record: StackRecord
    records: Mapping[str, ComponentRecord]
    store: ConfigStore
    orchestrator: Orchestrator[Settings]
    artifact_store: ArtifactStore

    @property
    def name(self) -> str:
        """The stack's name."""
        return self.record.name

    def container_registry(self) -> ContainerRegistry[ContainerRegistryConfig] | None:
        """Build the stack's container registry; None when it has none."""
        if "container-registry" not in self.records:
            return None
        from ..contracts.container_registry import ContainerRegistry

        registry = build(self.records["container-registry"], self.store)
        if not isinstance(registry, ContainerRegistry):
            raise _wrong_class(registry, "ContainerRegistry")
        return registry

    def image_builder(self) -> ImageBuilder[Settings]:
        """Build the stack's image builder; it is a `local` one when the stack has none."""
        from ..contracts.image_builder import ImageBuilder

        record = self.records.get("image-builder") or ComponentRecord("image-builder", DEFAULT, "local")
        builder = build(record, self.store)
        if not isinstance(builder, ImageBuilder):
            raise _wrong_class(builder, "ImageBuilder")
        return builder

    def snapshot(self) -> dict[str, JSON]:
        """Say what the stack is made of, for a run's records: as it is registered, with secrets as references."""
        orchestrator = self.records["orchestrator"]
        config = dict(orchestrator.config)  # in which `build` has found no plain secret
        optional: dict[str, JSON] = {
            kind.replace("-", "_"): {"name": record.name, "flavor": record.flavor}
            for kind, record in self.records.items()
            if not KINDS[kind].required
        }
        return {
            "name": self.name,
            "orchestrator": {"name": orchestrator.name, "flavor": orchestrator.flavor, "config": config},
            "artifact_store": {"url": self.artifact_store.url},
            **optional,
        }


def load_stack(name: str | None = None) -> Stack:
    """Return the named stack, else the one that applies here (see `select_stack`).

    Raises NotFoundError when the stack or a component does not exist, DefinitionError when a config is not valid.
    """
    store = ConfigStore()
    record = selected_stack(store, name)
    records = {kind: store.component(kind, component) for kind, component in record.components.items()}
    orchestrator = build(records["orchestrator"], store)
    artifact_store = build(records["artifact-store"], store)
    if not isinstance(orchestrator, Orchestrator):
        raise _wrong_class(orchestrator, "Orchestrator")
    if not isinstance(artifact_store, ArtifactStoreFlavor):
        raise _wrong_class(artifact_store, "ArtifactStoreFlavor")
    return Stack(record, records, store, orchestrator, artifact_store.open())


def _wrong_class(component: Component[Settings], contract: str) -> PodiumError:
    return PodiumError(f"component {component.name!r}: flavor {component.flavor!r} does not extend {contract}")

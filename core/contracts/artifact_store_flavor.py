"""The contract of an artifact-store flavor: configuration that opens a store."""

from __future__ import annotations

from abc import abstractmethod

from .artifact_store import ArtifactStore
from .component import Component, ConfigT


class ArtifactStoreFlavor(Component[ConfigT]):
    """A registered artifact store. The store itself is another object, which workers reopen without the config."""

    @abstractmethod
    def open(self) -> ArtifactStore:
        """Return the store; what it needs is created when first written to."""

    def address(self) -> str | None:
        """Return the URL of the service that has the store; None where jobs need none to reach it."""
        return None

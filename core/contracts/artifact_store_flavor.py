"""The contract of an artifact-store flavor: configuration that opens a store."""

from __future__ import annotations

from ..errors import UsageError
from .artifact_store import ArtifactStore
from .component import Component, ConfigT


class ArtifactStoreFlavor(Component[ConfigT]):
    """A registered artifact store. The store itself is another object, which workers reopen without the config."""

    def open(self) -> ArtifactStore:
        """Return the store; what it needs is created when first written to.

        Raises UsageError for a flavor that can be registered and checked, but not used.
        """
        raise UsageError(f"artifact-store flavor {self.flavor!r} can be registered, but podium cannot use it yet")

"""The local image builder: the Docker engine of this machine."""

from __future__ import annotations

from collections.abc import Iterator

from ..core.contracts.component import Finding, NoSettings
from ..core.contracts.image_builder import ImageBuilder
from ..core.docker.engine import check_engine


class LocalImageBuilder(ImageBuilder[NoSettings]):
    """Build images with the Docker engine of this machine."""

    flavor = "local"

    def check(self) -> Iterator[Finding]:
        """Say whether a Docker engine answers."""
        return check_engine()

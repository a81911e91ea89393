"""The contract of an image builder: what turns a pipeline's dependencies into a container image."""

from __future__ import annotations

from .component import Component, ConfigT


class ImageBuilder(Component[ConfigT]):
    """A registered image builder. Nothing is built yet: flavors register, and check whether they could build."""

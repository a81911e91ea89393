"""The contract of an image builder: what turns a recipe into a container image that steps run in."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from ..dataclass import dataclass
from .component import Component, ConfigT

if TYPE_CHECKING:
    from ..docker.registry import Login
    from ..images.recipe import Recipe
    from .container_registry import ContainerRegistry, ContainerRegistryConfig


@dataclass(frozen=True, slots=True, kw_only=True)
class ImageOrder:
    """One image to build, and to push where there is a registry.

    `names` are `repository:tag`, all of one repository; no name may be there before the image is whole. `login` is
    the registry's, for the push and for parent images that it has. `fresh` says to take nothing from earlier builds.
    """

    recipe: Recipe
    names: tuple[str, ...]
    registry: ContainerRegistry[ContainerRegistryConfig] | None = None
    login: Login | None = None
    fresh: bool = False


@dataclass(frozen=True, slots=True)
class BuiltImage:
    """An image that is where it was ordered to: `reference` pins it, `account` says how that went in a few words."""

    reference: str
    account: str


class ImageBuilder(Component[ConfigT]):
    """A registered image builder."""

    @abstractmethod
    def build(self, order: ImageOrder, output: Callable[[str], None]) -> BuiltImage:
        """Build an image, push it if there is a registry, and return it; `output` gets each line of the build.

        The image has the label `podium.digest`, the recipe's. The same order may be under way elsewhere. Raises
        PodiumError that names the failing instruction and shows the end of its output.
        """

    def find(self, names: Sequence[str]) -> str | None:
        """Return what pins the image of this machine that has all these names; None for builders elsewhere."""
        del names
        return None

"""Where a stack's images are built and kept, and what they are called there."""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property
from typing import TYPE_CHECKING

from ..contracts.image_builder import BuiltImage, ImageOrder
from ..docker import logins
from ..docker.registry import Login
from ..docker.repository import Repository
from ..errors import PodiumError

if TYPE_CHECKING:
    from ..stacks.stack import Stack
    from .recipe import Recipe

_REPOSITORY = "podium"
_TAG_LENGTH = 20


class ImagePlace:
    """A stack's image builder, and its container registry if it has one."""

    def __init__(self, stack: Stack) -> None:
        self.registry = stack.container_registry()
        self._builder = stack.image_builder()

    @cached_property
    def login(self) -> Login | None:
        """Whom the stack's registry knows."""
        return self.registry.find_login() if self.registry else None

    def names(self, recipe: Recipe) -> tuple[str, ...]:
        """Return `repository:tag` by digest, and the one that the user asked for if any."""
        repository = recipe.repository or _REPOSITORY
        if self.registry:
            below = recipe.repository or self.registry.config.default_repository or _REPOSITORY
            repository = f"{self.registry.uri}/{below}"
        tags = [recipe.digest[:_TAG_LENGTH], *([recipe.tag] if recipe.tag else [])]
        return tuple(f"{repository}:{tag}" for tag in tags)

    def find(self, recipe: Recipe) -> str | None:
        """Return what pins the image where it exists; raise AccessError when the registry cannot be asked."""
        names = self.names(recipe)
        if self.registry is None:
            return self._builder.find(names)
        repository, _, tag = names[0].rpartition(":")
        digest = Repository(repository, self.login).digest(tag)
        return f"{repository}@{digest}" if digest else None

    def tag(self, recipe: Recipe, reference: str) -> None:
        """Have an image of the registry bear the other name, too, that the user asked for."""
        if self.registry and recipe.tag:
            name, _, digest = reference.partition("@")
            repository = Repository(name, self.login)
            if repository.digest(recipe.tag) != digest:
                repository.tag(digest, recipe.tag)

    def build(self, recipe: Recipe, output: Callable[[str], None]) -> BuiltImage:
        """Build an image, and push it if there is a registry."""
        order = ImageOrder(
            recipe=recipe,
            names=self.names(recipe),
            registry=self.registry,
            login=self.login,
            fresh=not recipe.reuse,
        )
        return self._builder.build(order, output)

    def pin(self, image: str) -> str:
        """Return what pins an image of the user's own; raise PodiumError where nobody can say."""
        if "@" in image:
            return image
        found = None if self.registry else self._builder.find([image])
        if found:
            return found
        head, colon, tag = image.rpartition(":")
        name, tag = (head, tag) if colon and "/" not in tag else (image, "latest")
        digest = Repository(name, logins.of_image(name, self.registry)).digest(tag)
        if digest is None:
            raise PodiumError("its registry does not show it")
        return f"{name}@{digest}"

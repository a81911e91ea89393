"""One build by the engine: from a recipe to the id of an image that has no name yet."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING, cast

from ..errors import UsageError
from ..images.recipe import PARENT, Recipe
from . import buildkit_build, classic_build
from .build_context import packed
from .engine import asking
from .registry import Login
from .transfer import pull

if TYPE_CHECKING:
    from docker import DockerClient

    from ..contracts.image_builder import ImageOrder

LABEL = "podium.digest"
"""The label of podium's images: the digest of the recipe."""
_FROM = re.compile(r"^\s*FROM\s+(?:--platform=\S+\s+)?(\S+)", re.IGNORECASE | re.MULTILINE)


def build(client: DockerClient, order: ImageOrder, output: Callable[[str], None]) -> str:
    """Return the id of the image that is ordered, built after its parent if need be; raises PodiumError."""
    recipe = order.recipe
    arguments = {PARENT: _parent(client, order, recipe.parent, output)} if recipe.parent else {}
    return _build(client, order, recipe, arguments, output)


def find(client: DockerClient, name: str) -> str | None:
    """Return the id of the image that the engine has under a name."""
    from docker.errors import ImageNotFound

    with asking(f"image {name} cannot be looked for"):
        try:
            return str(client.api.inspect_image(name)["Id"])
        except ImageNotFound:
            return None


def name_it(client: DockerClient, image: str, name: str) -> None:
    """Give an image `repository:tag`, which another one may lose."""
    repository, _, tag = name.rpartition(":")
    with asking(f"image {image} cannot be named {name}"):
        client.api.tag(image, repository, tag)


def _parent(client: DockerClient, order: ImageOrder, recipe: Recipe, output: Callable[[str], None]) -> str:
    """Return the name of the parent image; a Dockerfile cannot begin with an id in every builder."""
    repository, _, _ = order.names[0].rpartition(":")
    name = f"{repository}:{recipe.digest}"
    if order.fresh or find(client, name) is None:
        name_it(client, _build(client, order, recipe, {}, output), name)
    return name


def _build(
    client: DockerClient, order: ImageOrder, recipe: Recipe, arguments: dict[str, str], output: Callable[[str], None]
) -> str:
    what = f"image {order.names[0]} cannot be built"
    options = dict(recipe.build_options)
    options["buildargs"] = {**cast("dict[str, str]", options.get("buildargs", {})), **arguments}
    options["labels"] = {**cast("dict[str, str]", options.get("labels", {})), LABEL: recipe.digest}
    if recipe.platform:
        options["platform"] = recipe.platform
    if order.fresh:
        options["nocache"] = True
    if order.registry and order.login:
        _fetch_parents(client, recipe, order.registry.resource_id(), order.login)
    with packed(recipe) as context:
        if buildkit_build.has_buildkit(options):
            image = buildkit_build.build(context, options, what=what, output=output)
        else:
            image = classic_build.build(client, context, options, what=what, output=output)
    _check_platform(client, image, recipe.platform, what)
    return image


def _fetch_parents(client: DockerClient, recipe: Recipe, registry: str, login: Login) -> None:
    """Pull what the recipe builds on and the stack's registry has, since its login is not among Docker's own."""
    for name in _FROM.findall(recipe.dockerfile):
        if name.startswith(f"{registry}/") and find(client, name) is None:
            pull(client, name, login, recipe.platform)


def _check_platform(client: DockerClient, image: str, wanted: str | None, what: str) -> None:
    """Raise UsageError where the engine took a parent image of another platform, which the classic builder does."""
    found = client.api.inspect_image(image)
    has = "/".join(filter(None, (found["Os"], found["Architecture"], found.get("Variant"))))
    if wanted and not f"{has}/".startswith(f"{wanted}/"):
        raise UsageError(
            f"{what}: the parent image that the engine has is for {has}, and {wanted} is asked for",
            hint="remove that image from the engine, or choose another platform or parent_image",
        )

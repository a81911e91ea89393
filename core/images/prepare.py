"""From docker settings to pinned images: each is looked for where it would be, and built only if it is not there."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from ..dataclass import dataclass, replace
from ..errors import PodiumError
from ..spec import JSON, PipelineSpec
from .place import ImagePlace
from .recipe import Recipe
from .recipes import Wanted, recipes

if TYPE_CHECKING:
    from ..stacks.stack import Stack


@dataclass(frozen=True, slots=True)
class StepImage:
    """One image and the steps that run in it; `reference` pins it, None while it is to be built.

    A `given` one is the user's own and has no recipe; where nobody could pin it, its reference is its name.
    """

    name: str
    steps: tuple[str, ...]
    recipe: Recipe | None
    state: Literal["to build", "built", "unchanged", "given"]
    reference: str | None

    def to_json(self) -> dict[str, JSON]:
        """Encode as a JSON object."""
        return {"image": self.name, "state": self.state, "reference": self.reference, "steps": list(self.steps)}


def prepare(
    spec: PipelineSpec, stack: Stack, *, root: Path, code: Callable[[], bytes], notice: Callable[[str], None]
) -> PipelineSpec:
    """Return the spec with the pinned image of each step, as `build_images` brings them about."""
    images = build_images(spec, stack, root=root, code=code, notice=notice)
    of_step = {step: image.reference for image in images for step in image.steps}
    return replace(spec, steps=tuple(replace(step, image=of_step[step.id]) for step in spec.steps))


def build_images(
    spec: PipelineSpec,
    stack: Stack,
    *,
    root: Path,
    code: Callable[[], bytes],
    notice: Callable[[str], None],
    output: Callable[[str], None] = lambda _: None,
) -> list[StepImage]:
    """Return every image of a pipeline, built and pushed where it is not there; `output` gets the lines of builds.

    `root` is the source root, `code` packs the archive of it, which is asked for where an image is to hold the code.
    Raises DefinitionError with every fault of the settings, before anything is built.
    """
    place = ImagePlace(stack)
    found = list(_looked_for(place, recipes(spec, stack, root=root, code=code), notice))
    return [_made_ready(place, image, notice, output) for image in found]


def planned(
    spec: PipelineSpec, stack: Stack, *, root: Path, code: Callable[[], bytes], notice: Callable[[str], None]
) -> list[StepImage]:
    """Return every image of a pipeline and how it stands; nothing is built."""
    return list(_looked_for(ImagePlace(stack), recipes(spec, stack, root=root, code=code), notice))


def _looked_for(place: ImagePlace, images: Iterable[Wanted], notice: Callable[[str], None]) -> Iterator[StepImage]:
    for wanted in images:
        if isinstance(wanted.image, str):
            yield StepImage(wanted.image, wanted.steps, None, "given", _pinned(place, wanted.image, notice))
            continue
        recipe = wanted.image
        for line in recipe.notices:
            notice(line)
        reference = place.find(recipe) if recipe.reuse else None
        state: Literal["unchanged", "to build"] = "unchanged" if reference else "to build"
        yield StepImage(place.names(recipe)[0], wanted.steps, recipe, state, reference)


def _pinned(place: ImagePlace, image: str, notice: Callable[[str], None]) -> str:
    try:
        return place.pin(image)
    except PodiumError as error:
        notice(f"image {image}: used under this name, since it cannot be pinned: {error.message}")
        return image


def _made_ready(
    place: ImagePlace, image: StepImage, notice: Callable[[str], None], output: Callable[[str], None]
) -> StepImage:
    if image.recipe is None:
        return image
    if image.reference:
        place.tag(image.recipe, image.reference)
        notice(f"image {image.name}: unchanged, not built")
        return image
    notice(f"image {image.name}: building")
    built = place.build(image.recipe, output)
    notice(f"image {image.name}: {built.account}")
    return replace(image, state="built", reference=built.reference)

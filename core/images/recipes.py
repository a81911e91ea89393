"""The recipes of a pipeline's images: steps with equal docker settings share one."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from .. import registry
from ..dataclass import dataclass
from ..errors import DefinitionError, PodiumError, UsageError
from ..integrations.catalog import INTEGRATIONS
from ..sdk.settings import DockerSettings
from ..spec import JSON, PipelineSpec, StepSpec
from ..validation import validated
from .define import define_image
from .recipe import Recipe

if TYPE_CHECKING:
    from ..stacks.stack import Stack


@dataclass(frozen=True, slots=True)
class Wanted:
    """What some steps are to run in: an image to build, or the name of one of the user's own."""

    image: Recipe | str
    steps: tuple[str, ...]


def recipes(spec: PipelineSpec, stack: Stack, *, root: Path, code: Callable[[], bytes]) -> list[Wanted]:
    """Return what each step needs, each image once; raise DefinitionError with every fault of all settings."""
    groups: dict[str, list[str]] = {}
    for step in spec.steps:
        groups.setdefault(json.dumps(_docker_settings(spec, step), sort_keys=True), []).append(step.id)
    needed, faults = _needed_in_steps(stack), list[PodiumError]()
    images: dict[tuple[object, ...], Recipe | str] = {}
    steps: dict[tuple[object, ...], list[str]] = {}
    for encoded, ids in groups.items():
        subject = f"step {ids[0]!r}: settings 'docker'"
        try:
            settings = validated(DockerSettings, json.loads(encoded), subject=subject, where=f"pipeline {spec.name!r}")
            image = _image(settings, root, needed, code, subject)
        except DefinitionError as error:
            faults += error.faults
        except PodiumError as error:
            faults.append(error)
        else:
            key = (image,) if isinstance(image, str) else (image.digest, image.repository, image.tag, image.reuse)
            images[key] = image
            steps.setdefault(key, []).extend(ids)
    faults += _clashes(images.values())
    if faults:
        raise DefinitionError(faults, subject=f"pipeline {spec.name!r} cannot have its images")
    return [Wanted(image, tuple(steps[key])) for key, image in images.items()]


def _docker_settings(spec: PipelineSpec, step: StepSpec) -> dict[str, JSON]:
    """Return the step's settings laid over the pipeline's, field by field."""
    merged: dict[str, JSON] = {}
    for settings in (spec.settings, step.settings):
        found = settings.get("docker")
        if isinstance(found, dict):
            merged |= found
    return merged


def _image(
    settings: DockerSettings, root: Path, needed: Iterable[str], code: Callable[[], bytes], subject: str
) -> Recipe | str:
    if settings.skip_build and settings.parent_image:
        return settings.parent_image
    archive = code() if settings.code_in_image else None
    recipe = define_image(settings, base=root, stack_requirements=needed, code=archive, subject=subject)
    assert recipe is not None, "there is one unless the build is skipped"
    return recipe


def _needed_in_steps(stack: Stack) -> list[str]:
    """Return as requirements what opens the artifact store; a flavor that a user registered by path is in the code."""
    integration = registry.find("artifact-store", stack.records["artifact-store"].flavor).integration
    if integration in INTEGRATIONS:
        return [f"podium[{integration}]"]
    if integration in {"", "built-in"}:
        return []
    from importlib.metadata import version

    return [f"{integration}=={version(integration)}"]


def _clashes(images: Iterable[Recipe | str]) -> Iterator[UsageError]:
    """Yield the tags that the user gave to several images of one repository."""
    taken: dict[tuple[str | None, str], str] = {}
    for image in images:
        if isinstance(image, Recipe) and image.tag:
            first = taken.setdefault((image.repository, image.tag), image.digest)
            if first != image.digest:
                yield UsageError(
                    f"image_tag {image.tag!r} would name two different images",
                    hint="give another image_tag where other docker settings differ, or leave it out",
                )

"""From DockerSettings to the recipe of an image; reads files, and reaches neither an engine nor a registry."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote

from ..artifacts.digest import digest_bytes
from ..errors import DefinitionError, UsageError
from .dockerfile import CODE_ARCHIVE, FOLDER, OF_PODIUM, OF_THE_USER_ONLY, render, requirement_files
from .parent import parent_recipe
from .podium_wheel import podium_wheel
from .recipe import Recipe
from .requirements import Requirements, collect

if TYPE_CHECKING:
    from ..sdk.settings import DockerSettings


def define_image(
    settings: DockerSettings,
    *,
    base: Path,
    stack_requirements: Iterable[str] = (),
    code: bytes | None = None,
    platform: str | None = None,
    subject: str = "settings 'docker'",
) -> Recipe | None:
    """Return what to build, None where the parent image is used as it is.

    `base` is the source root, `code` its archive, which is needed where `settings.code_in_image`. `platform` is that
    of the target, where the settings name none. Raises DefinitionError with every fault, each with its field.
    """
    if settings.skip_build:
        return None
    faults: list[UsageError] = []

    def fault(field: str, reason: str) -> None:
        faults.append(UsageError(f"{subject}: field {field!r}: {reason}"))

    requirements = collect(settings, base, stack_requirements, fault)
    if not requirements.sources:
        for name in sorted(OF_THE_USER_ONLY & settings.python_package_installer_args.keys()):
            fault("python_package_installer_args", f"{name} holds for requirements of yours, and there are none")
    parent = parent_recipe(settings, base, settings.platform or platform, fault)
    if faults:
        raise DefinitionError(faults, subject=subject)
    wheel = podium_wheel()
    files = {wheel.name: wheel.data, **_requirement_files(requirements, wheel.name)}
    baked = None
    if settings.code_in_image:
        assert code is not None, "these settings need the code archive"
        files[CODE_ARCHIVE] = code
        baked = digest_bytes(code)
    recipe = Recipe(
        dockerfile=render(settings, requirements, wheel=wheel.name, code=baked),
        files=files,
        platform=settings.platform or platform,
        build_options=settings.build_config.build_options if settings.build_config else {},
        parent=parent,
        tag=settings.image_tag,
        repository=settings.target_repository,
        reuse=not settings.prevent_build_reuse,
        notices=tuple(requirements.notices),
    )
    return recipe.named()


def _requirement_files(requirements: Requirements, wheel: str) -> dict[str, bytes]:
    extras = f"[{','.join(sorted(requirements.extras))}]" if requirements.extras else ""
    files = {OF_PODIUM: [f"podium{extras} @ file://{FOLDER}/{quote(wheel)}", *requirements.beside]}
    for source in requirements.sources:
        files |= requirement_files(requirements, source)
    return {name: "".join(f"{line}\n" for line in lines).encode() for name, lines in files.items()}

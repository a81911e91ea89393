"""The user's own Dockerfile, as the recipe of the image that the steps' image is built on."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from ..sdk.settings import DockerBuildConfig, DockerSettings
from .recipe import Recipe

if TYPE_CHECKING:
    from .requirements import Fault


def parent_recipe(settings: DockerSettings, base: Path, platform: str | None, fault: Fault) -> Recipe | None:
    """Return the recipe, None where the settings name no Dockerfile or something that they name is not there."""
    if not settings.dockerfile:
        return None
    config = settings.parent_image_build_config or DockerBuildConfig()
    root, ignore = settings.build_context_root, config.dockerignore
    missing = False
    if root and not (base / root).is_dir():
        missing = True
        fault("build_context_root", f"there is no folder {root}")
    if ignore and not (root and (base / ignore).is_file()):
        missing = True
        fault(
            "parent_image_build_config",
            f"there is no file {ignore}" if root else "dockerignore needs build_context_root",
        )
    try:
        text = (base / settings.dockerfile).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "not text in UTF-8"
        fault("dockerfile", f"{settings.dockerfile}: {reason}")
        return None
    if missing:
        return None
    return Recipe(
        dockerfile=text,
        folder=base / root if root else None,
        dockerignore=base / ignore if ignore else None,
        platform=platform,
        build_options=config.build_options,
    ).named()

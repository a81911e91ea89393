"""What goes into an image: a Dockerfile and the files it copies, all named by one digest."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from ..spec import JSON

PARENT = "PODIUM_PARENT"
"""The build argument of a Dockerfile whose parent image is built first: the reference to that."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipe:
    """Everything that a build needs; equal recipes give one image, and `digest`, in hex, is part of its tag.

    `files` maps paths in the build context to their content; `folder` is a context folder of the user's, whose files
    (`context_files` finds them) `files` are laid over. `build_options` are Docker's, as `buildargs`, `target` or
    `network_mode`. Where there is a `parent` it is built first and its reference given as the build argument PARENT.

    The digest covers all of this, and not what follows: `tag` and `repository` are what the image is to be called as
    well, `reuse` says whether one that exists will do, and `notices` are for the user to read.
    """

    digest: str
    dockerfile: str
    files: Mapping[str, bytes] = field(default_factory=dict)
    folder: Path | None = None
    dockerignore: Path | None = None
    platform: str | None = None
    build_options: Mapping[str, JSON] = field(default_factory=dict)
    parent: Recipe | None = None
    tag: str | None = None
    repository: str | None = None
    reuse: bool = True
    notices: tuple[str, ...] = ()

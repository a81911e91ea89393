"""What goes into an image: a Dockerfile and the files it copies, all named by one digest."""

from __future__ import annotations

import json
import platform
from collections.abc import Mapping
from pathlib import Path

from ..artifacts.digest import digest_bytes
from ..dataclass import dataclass, field, replace
from ..sdk.docker_values import BuildOption
from .context import context_digest

PARENT = "PARENT_IMAGE"
"""The build argument of a Dockerfile whose parent image is built first: the reference to that."""

_ARCHITECTURES = {"x86_64": "amd64", "AMD64": "amd64", "aarch64": "arm64"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipe:
    """Everything that a build needs; equal recipes give one image, and `digest`, in hex, is part of its tag.

    `files` maps paths in the build context to their content; `folder` is a context folder of the user's, whose files
    (`context_files` finds them) `files` are laid over. `build_options` are Docker's, as `buildargs`, `target` or
    `network_mode`. Where there is a `parent` it is built first and its reference given as the build argument PARENT.

    The digest covers all of this, and not what follows: `tag` and `repository` are what the image is to be called as
    well, `reuse` says whether one that exists will do, and `notices` are for the user to read.
    """

    dockerfile: str
    digest: str = ""
    files: Mapping[str, bytes] = field(default_factory=dict)
    folder: Path | None = None
    dockerignore: Path | None = None
    platform: str | None = None
    build_options: Mapping[str, BuildOption] = field(default_factory=dict)
    parent: Recipe | None = None
    tag: str | None = None
    repository: str | None = None
    reuse: bool = True
    notices: tuple[str, ...] = ()

    def named(self) -> Recipe:
        """Return this recipe with its digest.

        Without a platform it is the one of machines like this: images for others have other digests.
        """
        machine = platform.machine()
        content: dict[str, object] = {
            "dockerfile": self.dockerfile,
            "files": {path: digest_bytes(data) for path, data in self.files.items()},
            "context": context_digest(self.folder, self.dockerignore) if self.folder else None,
            "platform": self.platform or f"linux/{_ARCHITECTURES.get(machine, machine)}",
            "build_options": dict(self.build_options),
            "parent": self.parent.digest if self.parent else None,
        }
        return replace(self, digest=digest_bytes(json.dumps(content, sort_keys=True).encode()))

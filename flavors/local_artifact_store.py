"""The local artifact store: a folder of this machine."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, ClassVar

from ..core.artifacts.local import LocalFiles
from ..core.contracts.artifact_store_flavor import ArtifactStoreFlavor
from ..core.contracts.component import About, Finding, Settings
from ..core.paths import default_store_path

if TYPE_CHECKING:
    from ..core.spec import JSON


def _not_relative_to_later_callers(path: Path) -> Path:
    return path.expanduser().absolute()


class LocalArtifactStoreConfig(Settings):
    """Configuration of a local artifact store."""

    path: Annotated[
        Path | None,
        About("Folder of the store; by default a folder of the user's data.", then=_not_relative_to_later_callers),
    ] = None


class LocalArtifactStore(ArtifactStoreFlavor[LocalArtifactStoreConfig]):
    """Keep runs and artifacts in a folder."""

    flavor: ClassVar[str] = "local"
    config_class: ClassVar[type[Settings]] = LocalArtifactStoreConfig

    @classmethod
    def is_local(cls, config: Mapping[str, JSON]) -> bool:
        """Say yes: it is a folder of this machine."""
        del config
        return True

    @property
    def path(self) -> Path:
        """The folder, which need not exist yet."""
        return self.config.path or default_store_path()

    def open(self) -> LocalFiles:
        """Return the store; its folder is created when first written to."""
        return LocalFiles(self.path)

    def check(self) -> Iterator[Finding]:
        """Yield a fault when the folder cannot be created or written to."""
        existing = next(folder for folder in (self.path, *self.path.parents) if folder.exists())
        if not existing.is_dir():
            yield Finding("fail", f"{existing} is not a folder", "register an artifact store with another --path")
        elif not os.access(existing, os.W_OK | os.X_OK):
            yield Finding("fail", f"{existing} is not writable", "make it writable, or register another --path")

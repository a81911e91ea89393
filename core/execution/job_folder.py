"""The private folder of a job on the machine where it runs: its code, and a home where there is none to write to."""

from __future__ import annotations

import os
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ..contracts.artifact_store import ArtifactStore

BAKED = "/opt/podium/code"
"""Where images have the code of archives that were baked into them, by digest."""


class JobFolder:
    """Made below TMPDIR when it is first needed, readable by this user only."""

    @cached_property
    def _path(self) -> Path:
        path = Path(os.environ.get("TMPDIR") or "/tmp", f"podium-{os.urandom(8).hex()}")  # noqa: S108 - a new folder
        path.mkdir(0o700)
        return path

    def unpack(self, store: ArtifactStore, archive: str) -> Path:
        """Return the folder with the code of an archive; raise PodiumError for a damaged one."""
        baked = Path(BAKED, archive)
        if baked.is_dir():
            return baked
        from ..code.archive import unpack

        folder = self._path / "code"
        unpack(store, archive, folder)
        return folder

    def home(self) -> dict[str, str]:
        """Return HOME for a process that has none of its own that it may write to, as with a uid without a name."""
        home = os.environ.get("HOME", "")
        if home.strip("/") and os.access(home, os.W_OK):
            return {}
        path = self._path / "home"
        path.mkdir()
        return {"HOME": str(path)}

    def remove(self) -> None:
        """Remove it with all that is in it."""
        if "_path" in vars(self):
            from shutil import rmtree

            rmtree(self._path, ignore_errors=True)

"""Files and folders that a step made, named by a `pathlib.Path`."""

from __future__ import annotations

from pathlib import Path
from typing import cast

from ..contracts.materializer import Materializer
from ..errors import PodiumError


class PathMaterializer(Materializer):
    """A copy of the file or folder, under its own name; loads as the path of that copy, whose files are read-only."""

    types = (Path,)

    def save(self, value: object, path: Path) -> None:
        """Copy what the path names, following links; raise PodiumError when there is nothing."""
        source = cast("Path", value)
        if not source.exists():
            raise PodiumError(
                f"there is no file or folder {source}, which is to be an artifact",
                hint="return a Path that exists when the step ends; for a mere name return str(path)",
            )
        name = source.name if source.name not in {"", ".."} else source.resolve().name
        path.mkdir()
        _copy(source, path / name)

    def load(self, path: Path, expected: type | None) -> object:  # noqa: ARG002 - there is one type
        """Return the path of the one entry."""
        (entry,) = path.iterdir()
        return entry


def _copy(source: Path, target: Path) -> None:
    if source.is_dir():
        target.mkdir()
        for entry in source.iterdir():
            _copy(entry, target / entry.name)
    else:
        from shutil import copyfile

        copyfile(source, target)
        target.chmod(source.stat().st_mode & 0o555)

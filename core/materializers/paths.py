"""Files and folders that a step made, named by a `pathlib.Path`."""

from __future__ import annotations

import shutil
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
        if source.is_dir():
            shutil.copytree(source, path / name, copy_function=_copy_read_only)
        else:
            _copy_read_only(str(source), str(path / name))

    def load(self, path: Path, expected: type | None) -> object:  # noqa: ARG002 - there is one type
        """Return the path of the one entry."""
        (entry,) = path.iterdir()
        return entry


def _copy_read_only(source: str, target: str) -> None:
    shutil.copyfile(source, target)
    Path(target).chmod(Path(source).stat().st_mode & 0o555)

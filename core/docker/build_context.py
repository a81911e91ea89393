"""What a build sends to the engine: a recipe as an archive, with nothing in it that the digest does not cover."""

from __future__ import annotations

import io
import os
import tarfile
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import IO, TYPE_CHECKING

from ..images.context import context_files

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..images.recipe import Recipe

DOCKERFILE = ".podium.Dockerfile"
"""Its name in the archive, which no file of the user's has."""
_TIME = 315_532_800  # 1980, before which no ZIP archive can be, which is what wheels are
_IN_MEMORY = 8 << 20


@contextmanager
def packed(recipe: Recipe) -> Iterator[IO[bytes]]:
    """Yield the archive, to be read from its beginning; it is gone after the block."""
    own = {**recipe.files, DOCKERFILE: recipe.dockerfile.encode()}
    with tempfile.SpooledTemporaryFile(_IN_MEMORY) as file:
        with tarfile.open(fileobj=file, mode="w") as archive:
            names = context_files(recipe.folder, recipe.dockerignore) if recipe.folder else []
            for name in names:
                if name not in own:
                    _add(archive, Path(recipe.folder or "", name), name)
            for name, content in own.items():
                info = _info(name, tarfile.REGTYPE)
                info.size = len(content)
                archive.addfile(info, io.BytesIO(content))
        file.seek(0)
        yield file


def _add(archive: tarfile.TarFile, path: Path, name: str) -> None:
    if path.is_symlink():
        info = _info(name, tarfile.SYMTYPE)
        info.linkname = str(path.readlink())
        archive.addfile(info)
    elif path.is_dir():
        archive.addfile(_info(name, tarfile.DIRTYPE, 0o755))
    elif path.is_file():  # and no socket or pipe
        with path.open("rb") as file:
            info = _info(name, tarfile.REGTYPE, 0o755 if os.access(path, os.X_OK) else 0o644)
            info.size = os.fstat(file.fileno()).st_size
            archive.addfile(info, file)


def _info(name: str, kind: bytes, mode: int = 0o644) -> tarfile.TarInfo:
    info = tarfile.TarInfo(name)
    info.type, info.mode, info.mtime = kind, mode, _TIME
    return info

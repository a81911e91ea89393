"""Files with the secrets of one run's jobs, for containers of this machine to mount."""

from __future__ import annotations

import os
import stat
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from ..errors import AccessError

if TYPE_CHECKING:
    from ..secrets.secret import Secret

_MEMORY = Path("/dev/shm")  # noqa: S108 - the run's folder in it is this user's only


class SecretFolder:
    """A folder that only this user may enter, in memory where the machine has that; any process of his finds it again.

    A file may be readable to all users of the container that it is mounted into: nobody else can reach it.
    """

    def __init__(self, run_id: str) -> None:
        memory = _MEMORY.is_dir() and os.access(_MEMORY, os.W_OK)
        self._path = (_MEMORY if memory else Path(tempfile.gettempdir())) / f"podium-{os.getuid()}-{run_id}"

    def write(self, name: str, secret: Secret, *, readable_to_all: bool) -> Path:
        """Write a file, or replace it; raise AccessError when that cannot be done, or not in a folder of this user."""
        try:
            return self._write(name, secret, readable_to_all=readable_to_all)
        except OSError as error:
            raise AccessError(f"secrets cannot be written: {error.strerror}", where=str(self._path)) from None

    def _write(self, name: str, secret: Secret, *, readable_to_all: bool) -> Path:
        self._path.mkdir(mode=0o700, exist_ok=True)
        found = self._path.lstat()
        if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.getuid() or found.st_mode & 0o077:
            raise AccessError("secrets are not written to a folder of somebody else", where=str(self._path))
        path = self._path / name
        path.unlink(missing_ok=True)
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
            file.write(secret.reveal())
            os.fchmod(file.fileno(), 0o644 if readable_to_all else 0o600)
        return path

    def remove(self, name: str) -> None:
        """Remove a file; one that is not there is no error."""
        with suppress(FileNotFoundError):
            (self._path / name).unlink()

    def remove_all(self) -> None:
        """Remove the folder; one that is not there is no error."""
        import shutil

        with suppress(FileNotFoundError):
            shutil.rmtree(self._path)

"""An upload that is given up when its process is interrupted, so that the service keeps no parts of it."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

from fsspec.callbacks import Callback

from ..errors import PodiumError

if TYPE_CHECKING:
    from fsspec.asyn import AsyncFileSystem

_GRACE = 1.5
"""Seconds to wait until the service is told: who interrupts a step waits no longer."""


class Upload(Callback):  # type: ignore[misc] # fsspec has no types
    """Is called by the file system after each part; what it raises has the file system tell the service."""

    def __init__(self) -> None:
        super().__init__()
        self._given_up = False
        self._over = threading.Event()

    async def run(self, files: AsyncFileSystem, path: str, target: str, **options: Any) -> None:
        """Upload a file, unless there is an object."""
        try:
            await files._put_file(path, target, mode="create", callback=self, **options)  # noqa: SLF001 - its own way
        finally:
            self._over.set()

    def call(self, hook_name: str | None = None, **options: object) -> None:
        """Go on, or not."""
        if self._given_up:
            raise PodiumError("the upload was interrupted")
        super().call(hook_name, **options)

    def give_up(self) -> None:
        """End at the next part, and wait a moment for that."""
        self._given_up = True
        self._over.wait(_GRACE)

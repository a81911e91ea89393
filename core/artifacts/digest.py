"""BLAKE3 digests of artifacts, taken while they are written where that is possible."""

from __future__ import annotations

import io
import os
from collections.abc import Mapping
from pathlib import Path
from pickle import PickleBuffer
from threading import Thread
from typing import TYPE_CHECKING, BinaryIO

from blake3 import blake3

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer

_OVERLAP = 1 << 20
_BLOCK = 1 << 20


def digest_bytes(data: bytes) -> str:
    """Return the digest of a file of this content, in hex."""
    return blake3(data).hexdigest()


def digest_path(path: Path) -> tuple[str, int]:
    """Return digest and size in bytes of a file, or of a folder with all it holds; times and modes do not count."""
    if not path.is_dir():
        return _digest_file(path)
    found = {entry.name: digest_path(path / entry.name) for entry in os.scandir(path)}
    return digest_folder({name: digest for name, (digest, _) in found.items()}), sum(size for _, size in found.values())


def digest_folder(entries: Mapping[str, str]) -> str:
    """Return the digest of a folder from the names and digests of what is directly in it.

    The context keeps it apart from the digest of any file, whatever the file holds.
    """
    folder = blake3(derive_key_context="podium artifact folder v1")
    for name in sorted(entries, key=os.fsencode):
        folder.update(os.fsencode(name) + b"\0" + entries[name].encode() + b"\0")
    return folder.hexdigest()


def _digest_file(path: Path) -> tuple[str, int]:
    content = blake3()
    block = memoryview(bytearray(_BLOCK))
    size = 0
    with path.open("rb", buffering=0) as file:
        while count := file.readinto(block):
            content.update(block[:count])
            size += count
    return content.hexdigest(), size


class DigestWriter(io.BufferedIOBase):
    """A new file, hashed as it is written: a large buffer is hashed in a thread while the kernel copies it.

    One thread, not BLAKE3's own pool: a pool does not survive a fork in the user's step. It has no `fileno`, so that
    no library writes past it.
    """

    _file: BinaryIO = io.BytesIO()  # for `close`, which the interpreter calls even when opening failed

    def __init__(self, path: Path) -> None:
        self._file = path.open("xb")
        self._content = blake3()
        self._size = 0

    def write(self, data: ReadableBuffer, /) -> int:
        """Write the whole buffer without copying it, and add it to the digest."""
        # The view is let go at once: one that an error's traceback kept would crash Python 3.12.1 at its end.
        with PickleBuffer(data).raw() as raw:  # bytes, whatever the items and their order: pickle gives whole arrays
            self._size += raw.nbytes
            if raw.nbytes < _OVERLAP:
                self._content.update(raw)
                return self._file.write(raw)
            hashing = Thread(target=self._content.update, args=(raw,))
            hashing.start()
            try:
                return self._file.write(raw)
            finally:
                hashing.join()

    def writable(self) -> bool:
        """Say that it is for writing."""
        return True

    def close(self) -> None:
        """Close the file; raise OSError when what is left cannot be written."""
        self._file.close()
        super().close()

    @property
    def written(self) -> tuple[str, int]:
        """Digest in hex and size in bytes of what was written so far."""
        return self._content.hexdigest(), self._size

"""BLAKE3 digests of artifacts, taken while they are written where that is possible."""

from __future__ import annotations

import io
import os
import sys
from collections.abc import Mapping
from pathlib import Path
from pickle import PickleBuffer
from typing import TYPE_CHECKING, BinaryIO

from blake3 import blake3

from ..libc import last_error, libc
from .local import NO_SPACE

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer

_OVERLAP = 1 << 20
_BLOCK = 1 << 20
_THREADS = 2
"""The second has work once the kernel has copied all, which takes less time than hashing."""


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
    """A new file, hashed as it is written: a large buffer is hashed by threads while the kernel copies it.

    The threads are this object's own: BLAKE3's global pool would not survive a fork in the user's step. It has no
    `fileno`, so that no library writes past it.
    """

    _file: BinaryIO = io.BytesIO()  # for `close`, which the interpreter calls even when opening failed

    def __init__(self, path: Path, size: int = 0) -> None:
        """Create the file; for a large `size`, in bytes as far as it is known, a second thread hashes too."""
        self._file = path.open("xb")
        self._content = blake3(max_threads=_THREADS if size >= _OVERLAP else 1)
        self._size = 0

    def write(self, data: ReadableBuffer, /) -> int:
        """Write the whole buffer without copying it, and add it to the digest."""
        # The view is let go at once: one that an error's traceback kept would crash Python 3.12.1 at its end.
        with PickleBuffer(data).raw() as raw:  # bytes, whatever the items and their order: pickle gives whole arrays
            start, self._size = self._size, self._size + raw.nbytes
            if raw.nbytes < _OVERLAP:
                self._content.update(raw)
                return self._file.write(raw)
            from threading import Thread

            _reserve(self._file.fileno(), start, raw.nbytes)
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


def _reserve(descriptor: int, offset: int, size: int) -> None:
    """Have the file system find the space in one go, which saves a third of writing; raise OSError when it has none.

    By fallocate(2), which fails where a file system has no such thing: posix_fallocate(3) would write to each block.
    """
    if sys.platform == "linux" and sys.maxsize > 2**32:
        from ctypes import c_long

        if libc().fallocate(descriptor, 0, c_long(offset), c_long(size)) != 0:
            error = last_error()
            if error.errno in NO_SPACE:
                raise error

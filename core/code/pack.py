"""Make an archive of a project's code: the same bytes for the same files, whoever packs them, and wherever."""

from __future__ import annotations

import io
import os
import tarfile
import zlib
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from ..artifacts.digest import digest_bytes
from ..errors import AccessError, UsageError
from ..paths import config_home, default_store_path
from .archive import CodeArchive
from .extract import ENCODING, ERRORS
from .limit import check_root, read_limit, too_large
from .tree import OUTSIDE, SENSITIVE, SPECIAL, Tree, find_code, shown

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer

_GZIP = 31  # zlib's own header, which holds no time and no name
_LISTED = 10


class _TooLargeError(Exception):
    """What was packed so far is over the limit."""


def pack(
    root: Path, *, file: Path | None = None, imported: Iterable[str] = (), apart: Iterable[Path] = ()
) -> CodeArchive:
    """Pack the code below a source root, which must hold the pipeline's `file`.

    `imported` are the user's files, from the root, that this process has loaded: a notice names those left out.
    `apart` are folders that hold no code, such as artifact stores. Raises UsageError for code that is too large or
    lacks the file, AccessError with all that cannot be read.
    """
    check_root(root)
    limit = read_limit(root)
    tree = find_code(root, [*apart, config_home(), default_store_path()], limit.files)
    if limit.files is not None and len(tree.entries) > limit.files:
        raise too_large(root, limit, tree.entries)
    if file is not None and (missing := _missing(root, tree, [os.fspath(file)])):
        raise UsageError(
            "the pipeline's own file is not part of the code that steps are given",
            where=str(file),
            hint=f"an ignore file names it; have `!/{missing[0]}` in {root}/.podiumignore",
        )
    sink = _Sink(limit.size)
    try:
        files = _write(root, tree, sink)
    except _TooLargeError:
        raise too_large(root, limit, tree.entries) from None
    if tree.unreadable:
        faults = [f"{shown(path)} ({reason})" for path, reason in sorted(tree.unreadable.items())]
        raise AccessError(
            f"not all of the code can be read: {_joined(faults)}",
            where=str(root),
            hint=f"make it readable, or name it in {root}/.podiumignore",
        )
    data = sink.finish()
    return CodeArchive(data, digest_bytes(data), files, tuple(_notices(tree, _missing(root, tree, imported))))


def _write(root: Path, tree: Tree, sink: _Sink) -> int:
    """Write names and contents, no times, owners and modes; return how many files and links there are."""
    files = 0
    with tarfile.open(fileobj=sink, mode="w|", format=tarfile.GNU_FORMAT, encoding=ENCODING, errors=ERRORS) as tar:
        for entry in tree.entries:
            info = tarfile.TarInfo(entry.path.decode(ENCODING, ERRORS))
            files += entry.kind != "mark"
            if entry.kind == "file":
                try:
                    _write_file(tar, info, os.fsencode(root) + b"/" + entry.path)
                except FileNotFoundError:
                    files -= 1  # it was there a moment ago
                except OSError as error:
                    tree.unreadable[entry.path] = error.strerror or "it was cut short meanwhile"
            else:
                info.type = tarfile.SYMTYPE if entry.kind == "link" else tarfile.DIRTYPE
                info.linkname = entry.target.decode(ENCODING, ERRORS)
                tar.addfile(info)
    return files


def _write_file(tar: tarfile.TarFile, info: tarfile.TarInfo, path: bytes) -> None:
    """Write a file as long as it is now: what is added to it meanwhile is left out."""
    with open(os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC), "rb") as file:
        status = os.fstat(file.fileno())
        info.size = status.st_size
        info.mode = 0o755 if status.st_mode & 0o100 else 0o644
        tar.addfile(info, file)


class _Sink(io.RawIOBase):
    """Takes a tar file and keeps it compressed."""

    def __init__(self, limit: int) -> None:
        super().__init__()
        self._limit = limit
        self._compressor = zlib.compressobj(1, wbits=_GZIP)
        self._size = 0
        self._parts: list[bytes] = []

    def write(self, data: ReadableBuffer, /) -> int:
        """Take more; raise _TooLargeError when all of it is over the limit."""
        self._keep(self._compressor.compress(data))
        return memoryview(data).nbytes

    def finish(self) -> bytes:
        """Return everything."""
        self._keep(self._compressor.flush())
        return b"".join(self._parts)

    def _keep(self, packed: bytes) -> None:
        self._parts.append(packed)
        self._size += len(packed)
        if self._size > self._limit:
            raise _TooLargeError


def _missing(root: Path, tree: Tree, names: Iterable[str]) -> list[str]:
    """Return which files, from the root or absolute, are not in the tree."""
    found = {entry.path for entry in tree.entries}
    real_root = os.path.realpath(root)
    paths = (os.path.relpath(os.path.realpath(os.path.join(root, name)), real_root) for name in names)
    return [path for path in paths if os.fsencode(path) not in found]


def _notices(tree: Tree, missing: Sequence[str]) -> Iterator[str]:
    for reason in (SENSITIVE, OUTSIDE, SPECIAL):
        paths = sorted(tree.left_out.get(reason, ()))
        if paths:
            back = f"; to have one anyway, put `!/{shown(paths[0])}` in .podiumignore" if reason == SENSITIVE else ""
            yield f"not part of the code, as they {reason}: {_joined(map(shown, paths))}{back}"
    if missing:
        files = [shown(os.fsencode(path)) for path in missing]
        yield (
            f"imported here, but not part of the code, as ignore files name them: {_joined(files)}; "
            f"if steps import them, put `!/{files[0]}` in .podiumignore"
        )


def _joined(items: Iterable[str]) -> str:
    listed = list(items)
    more = len(listed) - _LISTED
    return ", ".join(listed[:_LISTED]) + (f" and {more} more" if more > 0 else "")

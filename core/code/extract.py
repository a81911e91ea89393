"""Unpack an archive; nothing in it can write outside its folder, on any Python.

The filters of tarfile came with Python 3.10.12 and 3.11.4, and their rules have changed since.
"""

from __future__ import annotations

import os
import tarfile
import zlib
from collections.abc import Sequence
from pathlib import Path
from shutil import copyfileobj, rmtree
from typing import BinaryIO

from ..errors import PodiumError

ENCODING = "utf-8"
ERRORS = "surrogateescape"
"""How names are written, whatever the locale; one that is no UTF-8 stays as it is."""


def extract(archive: BinaryIO, folder: Path) -> None:
    """Unpack an archive into a folder that does not exist yet; of modes, it keeps which files can be executed.

    Raises PodiumError, and leaves no folder, for one with anything but files, folders and links that stay inside.
    """
    folder.mkdir(parents=True)
    try:
        with tarfile.open(fileobj=archive, mode="r|*", encoding=ENCODING, errors=ERRORS) as tar:
            _extract(tar, os.fsencode(folder))
    except BaseException as error:
        rmtree(folder)
        if isinstance(error, (tarfile.TarError, zlib.error, EOFError)):
            raise PodiumError(f"this is no whole archive ({error})") from None
        raise


def _extract(tar: tarfile.TarFile, folder: bytes) -> None:
    links: set[tuple[bytes, ...]] = set()
    for member in tar:
        name = tuple(member.name.encode(ENCODING, ERRORS).split(b"/"))
        if not _is_plain(name) or any(name[:depth] in links for depth in range(1, len(name))):
            raise _refused(member, "is not inside")
        path = b"/".join((folder, *name))
        try:
            os.makedirs(os.path.dirname(path), exist_ok=True)
            if member.issym():
                links.add(name)
                os.symlink(_target(member, depth=len(name) - 1), path)
            elif member.isdir():
                os.makedirs(path, exist_ok=True)
            else:
                _write(tar, member, path)
        except (FileExistsError, NotADirectoryError):
            raise _refused(member, "is there twice") from None


def _target(link: tarfile.TarInfo, depth: int) -> bytes:
    """Return where a link leads: up at most to the top, then down; after a way down, up can lead anywhere."""
    target = link.linkname.encode(ENCODING, ERRORS)
    parts = target.split(b"/")
    while depth and parts and parts[0] == b"..":
        depth -= 1
        del parts[0]
    if target != b"." and not _is_plain(parts):
        raise _refused(link, "leads outside")
    return target


def _is_plain(parts: Sequence[bytes]) -> bool:
    return not any(part in {b"", b".", b".."} for part in parts)


def _write(tar: tarfile.TarFile, member: tarfile.TarInfo, path: bytes) -> None:
    content = tar.extractfile(member) if member.type in {tarfile.REGTYPE, tarfile.AREGTYPE} else None
    if content is None:
        raise _refused(member, "is neither a file, nor a folder, nor a symbolic link")
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
    with open(os.open(path, flags, 0o755 if member.mode & 0o100 else 0o644), "wb") as file:
        copyfileobj(content, file)


def _refused(member: tarfile.TarInfo, reason: str) -> PodiumError:
    return PodiumError(f"this archive is not safe to unpack: {member.name!a} {reason}")

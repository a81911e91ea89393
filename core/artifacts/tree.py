"""A folder as one file, and back: what stores hold that can make single objects only appear whole."""

from __future__ import annotations

import tarfile
from pathlib import Path

from ..code.extract import extract


def pack(folder: Path, archive: Path) -> Path:
    """Write a folder to an archive, the same for the same content; links become what they point to."""
    with tarfile.open(archive, "x", dereference=True, format=tarfile.PAX_FORMAT) as tar:
        for path in sorted(folder.rglob("*")):
            tar.add(path, str(path.relative_to(folder)), recursive=False, filter=_plain)
    return archive


def unpack(archive: Path, folder: Path) -> None:
    """Make a folder of an archive, which is removed."""
    with archive.open("rb") as file:
        extract(file, folder)
    archive.unlink()


def _plain(member: tarfile.TarInfo) -> tarfile.TarInfo:
    member.mtime = member.uid = member.gid = 0
    member.uname = member.gname = ""
    member.mode = 0o755 if member.isdir() or member.mode & 0o100 else 0o644
    return member

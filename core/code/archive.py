"""Code archives: tar files in gzip, at `code/<digest>` in the store, made once and unpacked by every job."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from ..artifacts.digest import digest_bytes
from ..dataclass import dataclass, field
from ..errors import PodiumError

if TYPE_CHECKING:
    from ..contracts.artifact_store import ArtifactStore


@dataclass(frozen=True, slots=True)
class CodeArchive:
    """`digest` is BLAKE3 of `data`, in hex; `notices` say what the user may miss in it."""

    data: bytes = field(repr=False)
    digest: str
    files: int
    notices: tuple[str, ...] = ()


def archive_key(digest: str) -> str:
    """Return the key of an archive."""
    return f"code/{digest}"


def publish(archive: CodeArchive, store: ArtifactStore, notice: Callable[[str], None]) -> None:
    """Store an archive unless the store has it, which one request tells, and say so.

    The run that is to use it is to be recorded first, with the digest: then no deletion of other runs takes it away.
    """
    key = archive_key(archive.digest)
    stored = not store.exists(key) and store.create(key, archive.data)
    count = "1 file" if archive.files == 1 else f"{archive.files} files"
    notice(f"code: {count}, {in_words(len(archive.data))} packed, {'stored' if stored else 'stored before'}")
    for text in archive.notices:
        notice(text)


def unpack(store: ArtifactStore, digest: str, folder: Path) -> None:
    """Unpack an archive of the store into a folder that does not exist yet.

    Raises PodiumError, and leaves no folder, when the archive is missing or damaged, or would write anywhere else.
    """
    import io

    from .extract import extract

    key = archive_key(digest)
    try:
        data = store.read(key)
    except FileNotFoundError:
        raise PodiumError("the code of this run is no longer in the store", where=f"{store.url}/{key}") from None
    if digest_bytes(data) != digest:
        raise PodiumError("the code of this run was changed in the store", where=f"{store.url}/{key}")
    extract(io.BytesIO(data), folder)


def in_words(size: int) -> str:
    """Write a number of bytes with the unit that fits."""
    amount, units = float(size), ["GiB", "MiB", "KiB"]
    unit = "B"
    while amount >= 1000 and units:
        amount, unit = amount / 1024, units.pop()
    return f"{amount:.0f} {unit}" if amount >= 100 or unit == "B" else f"{amount:.1f} {unit}"

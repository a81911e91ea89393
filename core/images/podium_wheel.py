"""podium as it runs here, from a checkout or not, as a wheel that is the same, byte for byte, on every machine."""

from __future__ import annotations

import base64
import hashlib
import io
import zipfile
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path

from ... import __version__
from ..artifacts.digest import digest_bytes, digest_folder
from ..dataclass import dataclass
from ..integrations.catalog import own_distribution

_ROOT = Path(__file__).parents[2]
_FOLDERS = ("cli", "connectors", "core", "flavors")
_FILES = ("__init__.py", "__main__.py", "py.typed")
_KINDS = {".py", ".sh", ".md"}


@dataclass(frozen=True, slots=True)
class Wheel:
    """A wheel by its file name; its version ends with the digest of what is in it, so that it replaces any other."""

    name: str
    data: bytes


@cache
def podium_wheel() -> Wheel:
    """Make the wheel; raise MissingToolError when podium runs from source files that were never installed."""
    files = dict(_sources())
    metadata, entry_points = _metadata()
    content = {**files, "METADATA": metadata.encode(), "entry_points.txt": entry_points.encode()}
    digest = digest_folder({name: digest_bytes(data) for name, data in content.items()})
    # The letter keeps a digest of digits alone from being read as a number.
    version = f"{__version__}{'.' if '+' in __version__ else '+'}b{digest[:16]}"
    info = f"podium-{version}.dist-info"
    files[f"{info}/METADATA"] = f"Metadata-Version: 2.1\nName: podium\nVersion: {version}\n{metadata}".encode()
    files[f"{info}/WHEEL"] = b"Wheel-Version: 1.0\nGenerator: podium\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
    files[f"{info}/entry_points.txt"] = entry_points.encode()
    files[f"{info}/RECORD"] = _record(files, f"{info}/RECORD")
    return Wheel(f"podium-{version}-py3-none-any.whl", _zipped(files))


def _sources() -> Iterator[tuple[str, bytes]]:
    paths = [_ROOT / name for name in _FILES]
    paths += [path for folder in _FOLDERS for path in (_ROOT / folder).rglob("*") if path.suffix in _KINDS]
    for path in paths:
        yield f"podium/{path.relative_to(_ROOT).as_posix()}", path.read_bytes()


def _metadata() -> tuple[str, str]:
    """Return what the installed distribution says that an installer needs, and its entry points."""
    own = own_distribution()
    lines = [
        f"{name}: {value}\n"
        for name in ("Requires-Python", "Provides-Extra", "Requires-Dist")
        for value in own.metadata.get_all(name) or ()
    ]
    return "".join(lines), own.read_text("entry_points.txt") or ""


def _record(files: Mapping[str, bytes], name: str) -> bytes:
    """Return the list of files, with digests, that a wheel ends with."""
    lines = []
    for path, data in sorted(files.items()):
        digest = base64.urlsafe_b64encode(hashlib.sha256(data).digest()).rstrip(b"=").decode()
        lines.append(f"{path},sha256={digest},{len(data)}\n")
    return "".join([*lines, f"{name},,\n"]).encode()


def _zipped(files: Mapping[str, bytes]) -> bytes:
    """Return an archive without times; stored, since what deflate makes depends on the library's version."""
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as wheel:
        for path in sorted(files, key=lambda path: (".dist-info/" in path, path)):
            entry = zipfile.ZipInfo(path)
            entry.create_system = 3  # Unix, wherever this runs
            entry.external_attr = 0o644 << 16
            wheel.writestr(entry, files[path])
    return archive.getvalue()

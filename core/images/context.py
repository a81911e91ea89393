"""The folder that a user's own Dockerfile copies from: what of it goes to the builder, and what that is named by."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from ..artifacts.digest import digest_bytes, digest_path
from ..sdks import require


def context_files(folder: Path, dockerignore: Path | None) -> list[str]:
    """Return the paths, sorted, of the files, links and folders of a build context, less what is to be ignored.

    Without a file that says so `.dockerignore` does. Raises OSError for one that cannot be read.
    """
    build = require("docker.utils.build", "docker")
    ignore = dockerignore or folder / ".dockerignore"
    lines = ignore.read_text(encoding="utf-8-sig").splitlines() if dockerignore or ignore.is_file() else []
    patterns = [line.strip() for line in lines if line.strip() and not line.startswith("#")]
    found: Iterable[str] = build.exclude_paths(str(folder), patterns)
    return sorted(Path(name).as_posix() for name in found if name)


def context_digest(folder: Path, dockerignore: Path | None) -> str:
    """Return the digest of a build context: names, contents, links, and what may be executed; no times, no owners."""
    entries = [f"{name}\0{_entry(folder / name)}\n" for name in context_files(folder, dockerignore)]
    return digest_bytes("".join(entries).encode(errors="surrogateescape"))


def _entry(path: Path) -> str:
    if path.is_symlink():
        return f"link {path.readlink()}"
    if not path.is_file():
        return "folder"
    return f"{'program' if path.stat().st_mode & 0o111 else 'file'} {digest_path(path)[0]}"

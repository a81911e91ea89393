"""From a store's URL, which is all that a worker or a job is told, back to the store."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import unquote_to_bytes

from ..contracts.artifact_store import ArtifactStore
from ..errors import UsageError
from ..spec import JSON
from .local import LocalFiles

_FILE = "file://"


def open_store(url: str, options: Mapping[str, JSON] | None = None) -> ArtifactStore:
    """Return the store of a URL, with the options that it had; raise UsageError when the scheme is not known."""
    del options
    if url.startswith(f"{_FILE}/"):
        return LocalFiles(Path(os.fsdecode(unquote_to_bytes(url[len(_FILE) :]))))
    raise UsageError(f"no artifact store is known for {url!r}", hint="a local one is file:///folder")

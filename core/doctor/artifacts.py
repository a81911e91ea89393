"""The default artifact store: whether it can be written to, has room, and tells the same time."""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryFile

from ..components.registration import build
from ..contracts.component import Finding
from ..paths import default_store_path
from ..store.config_store import ConfigStore
from ..store.records import DEFAULT

_LITTLE_ROOM = 2**30
_SKEW = 60.0
"""Seconds by which ages and leases may be wrong without harm."""


def artifacts() -> Iterator[Finding]:
    """Yield what the default store's own check finds, then its room and its clock."""
    store = ConfigStore()
    faults = list(build(store.component("artifact-store", DEFAULT), store).check())
    yield from faults
    if faults:
        return
    path = default_store_path()
    existing = next(folder for folder in (path, *path.parents) if folder.is_dir())
    yield Finding("ok", f"{path} can be written to")
    yield room(shutil.disk_usage(existing).free, path)
    yield clock(_seconds_ahead(existing), path)


def room(free: int, path: Path) -> Finding:
    """Return what so many free bytes mean."""
    if free < _LITTLE_ROOM:
        return Finding("warn", f"only {free / 2**20:.0f} MiB are free for {path}", "podium runs delete RUN")
    return Finding("ok", f"{free / 2**30:.0f} GiB are free for it")


def clock(ahead: float, path: Path) -> Finding:
    """Return what it means that the clock of a store is some seconds ahead of this machine's."""
    if abs(ahead) > _SKEW:
        side = "ahead of" if ahead > 0 else "behind"
        what = f"the clock that dates the files of {path} is {abs(ahead):.0f} s {side} this machine's"
        return Finding("warn", what, "set both clocks by NTP: ages and the leases of runs are wrong until then")
    return Finding("ok", "its clock agrees with this machine's")


def _seconds_ahead(folder: Path) -> float:
    with TemporaryFile(dir=folder) as file:
        file.write(b"now")
        file.flush()
        return os.fstat(file.fileno()).st_mtime - time.time()

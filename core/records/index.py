"""The local index of runs started here: which store holds a run, and how it ended, without asking the store.

It is a cache: losing it loses nothing but the way to runs of stores that no stack names any more.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path

from ..dataclass import asdict, dataclass
from ..paths import config_home


@dataclass(frozen=True, slots=True)
class IndexEntry:
    """One run; `state` is empty until its end was seen, `created` is seconds since the epoch."""

    id: str
    name: str
    pipeline: str
    stack: str
    store_url: str
    created: float
    state: str = ""
    ended: float | None = None


def remember(entry: IndexEntry) -> None:
    """Write or replace one entry whole; no flush to disk, since the store has the truth."""
    folder = _folder()
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    unfinished = folder / f".{entry.id}.{os.getpid()}"
    unfinished.write_text(json.dumps(asdict(entry)), encoding="utf-8")
    unfinished.replace(folder / f"{entry.id}.json")


def forget(run_id: str) -> None:
    """Drop a run from the index."""
    (_folder() / f"{run_id}.json").unlink(missing_ok=True)


def entries() -> Iterator[IndexEntry]:
    """Yield all entries, newest first; an unreadable one is left out, since its store still has the run."""
    folder = _folder()
    names = sorted((name for name in _names(folder) if name.endswith(".json")), reverse=True)
    for name in names:
        entry = _read(folder / name)
        if entry is not None:
            yield entry


def _names(folder: Path) -> list[str]:
    try:
        return os.listdir(folder)  # noqa: PTH208 - names only
    except FileNotFoundError:
        return []


def _read(path: Path) -> IndexEntry | None:
    try:
        return IndexEntry(**json.loads(path.read_bytes()))
    except (FileNotFoundError, ValueError, TypeError):
        return None


def _folder() -> Path:
    return config_home() / "runs"

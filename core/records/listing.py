"""All runs that are known here: those of one store, and those of other stores that this machine's index remembers."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from ..dataclass import replace
from ..errors import PodiumError
from . import index
from .reader import read_headers, read_run

if TYPE_CHECKING:
    from ..contracts.artifact_store import ArtifactStore

_FINAL = {"completed", "failed", "cancelled"}


def list_runs(store: ArtifactStore, *, refresh: bool = False) -> Iterator[index.IndexEntry]:
    """Yield runs with their present state, newest first.

    Ended runs are taken from the index unless `refresh` is set; others are looked up in their store, which the index
    then remembers. Platforms are asked about what goes on there with `refresh` only. A run whose store cannot be read
    has the state `unreachable`, one that was deleted is left out.
    """
    known = {entry.id: entry for entry in index.entries()}
    for header in read_headers(store, known=known):
        stack = str(header.stack["name"])
        known[header.id] = index.IndexEntry(header.id, header.name, header.pipeline, stack, store.url, header.created)
    for run_id in sorted(known, reverse=True):
        entry = known[run_id]
        if entry.state in _FINAL and not refresh:
            yield entry
        elif (current := _refreshed(entry, ask=refresh)) is not None:
            yield current


def _refreshed(entry: index.IndexEntry, *, ask: bool) -> index.IndexEntry | None:
    from ..artifacts.open import open_store

    try:
        store = open_store(entry.store_url)
        if not store.exists(f"runs/{entry.id}/run.json"):
            return None
        run = read_run(store, entry.id)
        if ask and run.handle and run.ended is None:
            from ..graph.standing import ask_platform

            run, _ = ask_platform(store, run, {})
    except (PodiumError, OSError):
        return replace(entry, state="unreachable")
    current = replace(entry, state=run.state, ended=run.ended)
    if run.state in _FINAL and current != entry:
        index.remember(current)
    return current

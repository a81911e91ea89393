"""Find the run that a user means by an id, a name, or the beginning of either."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import TYPE_CHECKING

from ..errors import NotFoundError, UsageError
from ..names import did_you_mean
from . import index
from .documents import RunKeys
from .reader import read_headers, run_ids

if TYPE_CHECKING:
    from ..contracts.artifact_store import ArtifactStore

_IS_ID = re.compile(r"[0-9a-f-]{36}").fullmatch


def find_run(store: ArtifactStore, wanted: str) -> str:
    """Return the run's id; of several runs with that very name the newest.

    Raises NotFoundError when nothing fits, UsageError when a prefix fits several runs.
    """
    if _IS_ID(wanted) and store.exists(RunKeys(wanted).header):
        return wanted
    return _choose(wanted, [(header.id, header.name) for header in read_headers(store)], store.url)


def locate_run(store: ArtifactStore, wanted: str | None, *, only_there: bool = False) -> tuple[str, ArtifactStore]:
    """Return a run and its store: this one, else another that this machine's index knows; None is the newest run.

    With `only_there` the newest run is that of this store, whatever the index knows.
    """
    from ..artifacts.open import open_store

    if wanted is None:
        return _newest(store, [] if only_there else index.entries())
    try:
        return find_run(store, wanted), store
    except NotFoundError:
        elsewhere = {entry.id: entry for entry in index.entries() if entry.store_url != store.url}
        known = [(entry.id, entry.name) for entry in elsewhere.values()]
        if not any(run_id.startswith(wanted) or name.startswith(wanted) for run_id, name in known):
            raise
        entry = elsewhere[_choose(wanted, known, "the index")]
        return entry.id, open_store(entry.store_url)


def _newest(store: ArtifactStore, known: Iterable[index.IndexEntry]) -> tuple[str, ArtifactStore]:
    """Return the newest run of a store, or a known one, of which the newest come first, that is newer and still there.

    No more entries are read than are newer than that.
    """
    from ..artifacts.open import open_store

    newest = next(iter(run_ids(store)), "")
    for entry in known:
        if entry.id <= newest:
            break
        other = open_store(entry.store_url)
        if other.exists(RunKeys(entry.id).header):
            return entry.id, other
    if not newest:
        raise NotFoundError(f"there are no runs in {store.url}", hint="start one: podium run pipeline.py")
    return newest, store


def _choose(wanted: str, runs: Iterable[tuple[str, str]], where: str) -> str:
    """Choose among (id, name) pairs, newest first."""
    runs = list(runs)
    exact = [run_id for run_id, name in runs if wanted in {run_id, name}]
    if exact:
        return exact[0]
    close = [run_id for run_id, name in runs if run_id.startswith(wanted) or name.startswith(wanted)]
    if len(close) == 1:
        return close[0]
    if close:
        raise UsageError(f"{wanted!r} fits {len(close)} runs", hint=f"the newest of them is {close[0]}")
    raise NotFoundError(
        f"there is no run {wanted!r} in {where}",
        hint=did_you_mean(wanted, [name for _, name in runs]) or "list the runs: podium runs list",
    )

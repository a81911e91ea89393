"""Delete a run or a schedule, keeping the artifacts and the code that something else still refers to."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..artifacts.named import names, versions
from ..cache.entries import all_entries
from ..code.archive import archive_key
from ..errors import ConflictError
from ..paths import driver_log_path
from . import index, lease
from .documents import RunKeys
from .reader import read_header, read_headers, read_run, reused_artifacts, run_ids
from .schedules import read_schedule, read_schedules, schedule_folder, schedule_key

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..contracts.artifact_store import ArtifactStore


def delete_run(store: ArtifactStore, run_id: str) -> int:
    """Delete the run's records, logs and unreferenced artifacts; return how many artifacts were kept.

    Raises ConflictError while a driver holds the run, or a platform goes on with it that was not asked to end it.
    """
    keys, hint = RunKeys(run_id), f"end it first: podium runs cancel {run_id}"
    if lease.is_held(store, run_id):
        raise ConflictError(f"run {run_id} is held by {lease.describe_holder(store, run_id)}", hint=hint)
    run = read_run(store, run_id)
    if run.state == "running" and not store.exists(keys.cancel(run.submission)):
        raise ConflictError(f"run {run_id} goes on at {run.handle}", hint=hint)
    artifacts = f"{keys.folder}/artifacts"
    kept = 0
    referred = set(_referred(store, run_id))
    for name in store.names(artifacts):
        if f"{artifacts}/{name}" in referred:
            kept += 1
        else:
            store.delete(f"{artifacts}/{name}")
    _delete_code(store, read_header(store, run_id).code.archive, of=run_id)
    store.delete(keys.header)
    for name in store.names(keys.folder):
        if name != "artifacts" or not kept:
            store.delete(f"{keys.folder}/{name}")
    if not kept:
        store.delete(keys.folder)
    index.forget(run_id)
    driver_log_path(run_id).unlink(missing_ok=True)
    return kept


def delete_schedule(store: ArtifactStore, schedule_id: str) -> None:
    """Delete what the store has of a schedule, and nothing of its runs; raise NotFoundError when it has nothing."""
    archive = read_schedule(store, schedule_id).code.archive
    _delete_code(store, archive, of=schedule_id)
    store.delete(schedule_key(schedule_id))
    store.delete(schedule_folder(schedule_id))


def _delete_code(store: ArtifactStore, archive: str | None, *, of: str) -> None:
    """Delete the code archive of a run or schedule unless another has the same.

    Each is recorded, with its archive, before it looks whether the store has that. One that found it here just before
    it was deleted shows at a second look, and is given it back.
    """

    def is_used() -> bool:
        runs = any(header.code.archive == archive for header in read_headers(store, known={of}))
        return runs or any(other.code.archive == archive and other.id != of for other in read_schedules(store))

    if archive is None or is_used():
        return
    try:
        data = store.read(archive_key(archive))
    except FileNotFoundError:
        return
    store.delete(archive_key(archive))
    if is_used():
        store.create(archive_key(archive), data)


def _referred(store: ArtifactStore, run_id: str) -> Iterator[str]:
    """Keys of this run's artifacts that the cache, a name, or another run's cached step refers to."""
    for entry in all_entries(store):
        if entry.run_id == run_id:
            yield from (record.key for record in entry.outputs.values())
    for name in names(store):
        yield from (version.record.key for version in versions(store, name))
    for other in run_ids(store):
        if other != run_id:
            yield from (record.key for record in reused_artifacts(store, other))

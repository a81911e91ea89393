"""What the cache knows: for a key, the record of the completed attempt whose outputs can be used again."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping

from ..artifacts.record import ArtifactRecord
from ..contracts.artifact_store import ArtifactStore
from ..dataclass import dataclass
from ..spec import JSON, check_format

# A new format needs a new CACHE_VERSION too: then podiums of both versions share a store, each with its own keys.
FORMAT = 1


@dataclass(frozen=True, slots=True)
class CacheEntry:
    """The completed attempt that a key stands for, with its artifacts by output name, in the order of the outputs."""

    run_id: str
    step: str
    attempt: int
    outputs: Mapping[str, ArtifactRecord]

    @property
    def origin(self) -> str:
        """Say which step made the outputs."""
        return f"from run {self.run_id}, step {self.step}"

    def reused(self) -> dict[str, JSON]:
        """Return what is recorded of a step that takes the outputs over."""
        return {
            "detail": self.origin,
            "outputs": {name: record.to_json() for name, record in self.outputs.items()},
        }

    @classmethod
    def from_bytes(cls, data: bytes) -> CacheEntry:
        """Read an attempt's `completed` document; raise PodiumError when a newer podium wrote it."""
        plain = json.loads(data)
        check_format(plain, FORMAT, "cache entry")
        return cls(
            run_id=plain["run_id"],
            step=plain["step"],
            attempt=plain["attempt"],
            outputs={name: ArtifactRecord.from_json(record) for name, record in plain["outputs"].items()},
        )


def lookup(store: ArtifactStore, key: str) -> CacheEntry | None:
    """Return the entry of a key by one small read; None when there is none that can be used: its artifact is gone."""
    entry = _decoded(store.read_many([_path(key)])[0])
    return entry if entry and all(store.exists(record.key) for record in entry.outputs.values()) else None


def all_entries(store: ArtifactStore) -> Iterator[CacheEntry]:
    """Yield every entry that makes sense."""
    found = store.read_many([_path(key) for key in store.names("cache")])
    return filter(None, map(_decoded, found))


def remember(store: ArtifactStore, key: str, completed: str, document: bytes) -> None:
    """Enter the attempt whose `completed` document, under that key in the store, is this.

    An entry that can still be used stays, one whose artifact is gone is replaced. Objects never change, so the useless
    entry is deleted and a new one made: a reader in between sees a miss, which costs time and no more. Of writers at
    the same time one wins, all having made outputs of the same key.
    """
    if not store.duplicate(completed, _path(key), document) and lookup(store, key) is None:
        store.delete(_path(key))
        store.duplicate(completed, _path(key), document)


def _decoded(data: bytes | None) -> CacheEntry | None:
    """Return an entry; one that makes no sense is none: a cache may cost time, never a run."""
    if data is None:
        return None
    try:
        return CacheEntry.from_bytes(data)
    except (ValueError, LookupError, TypeError, AttributeError):
        return None


def _path(key: str) -> str:
    return f"cache/{key}"

"""What the cache knows: for a key, which attempt of which run made the outputs that can be used again."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass

from ..artifacts.record import ArtifactRecord
from ..contracts.artifact_store import ArtifactStore
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

    def to_bytes(self) -> bytes:
        """Encode as JSON; outputs are a list, which keeps their order."""
        outputs: list[JSON] = [{"name": name, "record": record.to_json()} for name, record in self.outputs.items()]
        plain: dict[str, JSON] = {"format": FORMAT, "run_id": self.run_id, "step": self.step, "attempt": self.attempt}
        return json.dumps({**plain, "outputs": outputs}, separators=(",", ":")).encode()

    @classmethod
    def from_bytes(cls, data: bytes) -> CacheEntry:
        """Decode what `to_bytes` made; raise PodiumError when a newer podium wrote it."""
        plain = json.loads(data)
        check_format(plain, FORMAT, "cache entry")
        return cls(
            run_id=plain["run_id"],
            step=plain["step"],
            attempt=plain["attempt"],
            outputs={output["name"]: ArtifactRecord.from_json(output["record"]) for output in plain["outputs"]},
        )


def lookup(store: ArtifactStore, key: str) -> CacheEntry | None:
    """Return the entry of a key by one small read; None when there is none or one of its artifacts is gone."""
    try:
        entry = CacheEntry.from_bytes(store.read(_path(key)))
    except FileNotFoundError:
        return None
    return entry if all(store.exists(record.key) for record in entry.outputs.values()) else None


def remember(store: ArtifactStore, key: str, entry: CacheEntry) -> None:
    """Record outputs under a key; an entry that can still be used stays, one whose artifact is gone is replaced.

    Objects never change, so the useless entry is deleted and a new one created: a reader in between sees a miss, which
    costs time and no more. Of writers at the same time one wins, all having made outputs of the same key.
    """
    if not store.create(_path(key), entry.to_bytes()) and lookup(store, key) is None:
        store.delete(_path(key))
        store.create(_path(key), entry.to_bytes())


def _path(key: str) -> str:
    return f"cache/{key}"

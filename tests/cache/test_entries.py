"""Cache entries in a real artifact store."""

import json
from concurrent.futures import ThreadPoolExecutor

import pytest

from podium.core.artifacts.local import LocalFiles
from podium.core.artifacts.record import ArtifactRecord
from podium.core.cache.entries import CacheEntry, lookup, remember
from podium.core.errors import PodiumError

KEY = "ab" * 32


@pytest.fixture
def store(tmp_path):
    return LocalFiles(tmp_path / "store")


def entry(store, run_id, names=("model",)):
    """An entry whose artifacts are in the store."""
    outputs = {name: ArtifactRecord(f"runs/{run_id}/{name}", "json", "builtins:int", "d", 1) for name in names}
    for record in outputs.values():
        store.write(record.key, b"1")
    return CacheEntry(run_id, "train", 1, outputs)


def test_what_is_remembered_is_found_with_its_outputs_in_order(store):
    made = entry(store, "r1", ("z", "a", "m"))
    remember(store, KEY, made)
    found = lookup(store, KEY)
    assert (found, list(found.outputs)) == (made, ["z", "a", "m"])


def test_a_step_without_outputs_is_remembered(store):
    remember(store, KEY, entry(store, "r1", ()))
    assert lookup(store, KEY) == CacheEntry("r1", "train", 1, {})


def test_an_unknown_key_is_a_miss(store):
    assert lookup(store, KEY) is None


def test_an_entry_with_an_artifact_gone_is_a_miss(store):
    remember(store, KEY, entry(store, "r1", ("a", "b")))
    store.delete("runs/r1/b")
    assert lookup(store, KEY) is None


def test_an_entry_with_an_artifact_gone_is_replaced(store):
    remember(store, KEY, entry(store, "r1"))
    store.delete("runs/r1")
    remember(store, KEY, entry(store, "r2"))
    assert lookup(store, KEY).run_id == "r2"


def test_an_entry_that_can_be_used_stays(store):
    remember(store, KEY, entry(store, "r1"))
    remember(store, KEY, entry(store, "r2"))
    assert lookup(store, KEY).run_id == "r1"


def test_writers_at_the_same_time_leave_one_whole_entry(store):
    remember(store, KEY, entry(store, "gone"))
    store.delete("runs/gone")
    entries = [entry(store, f"r{number}") for number in range(8)]
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda made: remember(store, KEY, made), entries))
    assert lookup(store, KEY) in entries


def test_an_entry_of_a_newer_podium_is_refused_and_kept(store):
    newer = json.dumps({"format": 2}).encode()
    store.write(f"cache/{KEY}", newer)
    with pytest.raises(PodiumError, match="this cache entry has format 2"):
        lookup(store, KEY)
    assert store.read(f"cache/{KEY}") == newer

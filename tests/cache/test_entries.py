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


def entry(run_id, names=("model",)):
    outputs = {name: ArtifactRecord(f"runs/{run_id}/{name}", "json", "builtins:int", "d", 1) for name in names}
    return CacheEntry(run_id, "train", 1, outputs)


def completed(store, run_id, names=("model",)):
    """Key and content of the record of a completed attempt whose artifacts are in the store."""
    outputs = entry(run_id, names).outputs
    for record in outputs.values():
        store.write(record.key, b"1")
    plain = {name: record.to_json() for name, record in outputs.items()}
    document = {"format": 1, "run_id": run_id, "step": "train", "attempt": 1, "outputs": plain}
    data = json.dumps(document).encode()
    store.write(f"records/{run_id}", data)
    return f"records/{run_id}", data


def test_what_is_remembered_is_found_with_its_outputs_in_order(store):
    remember(store, KEY, *completed(store, "r1", ("z", "a", "m")))
    found = lookup(store, KEY)
    assert (found, list(found.outputs)) == (entry("r1", ("z", "a", "m")), ["z", "a", "m"])


def test_a_step_without_outputs_is_remembered(store):
    remember(store, KEY, *completed(store, "r1", ()))
    assert lookup(store, KEY) == CacheEntry("r1", "train", 1, {})


def test_an_unknown_key_is_a_miss(store):
    assert lookup(store, KEY) is None


def test_an_entry_with_an_artifact_gone_is_a_miss(store):
    remember(store, KEY, *completed(store, "r1", ("a", "b")))
    store.delete("runs/r1/b")
    assert lookup(store, KEY) is None


def test_an_entry_with_an_artifact_gone_is_replaced(store):
    remember(store, KEY, *completed(store, "r1"))
    store.delete("runs/r1")
    remember(store, KEY, *completed(store, "r2"))
    assert lookup(store, KEY).run_id == "r2"


def test_an_entry_that_can_be_used_stays(store):
    remember(store, KEY, *completed(store, "r1"))
    remember(store, KEY, *completed(store, "r2"))
    assert lookup(store, KEY).run_id == "r1"


def test_writers_at_the_same_time_leave_one_whole_entry(store):
    remember(store, KEY, *completed(store, "gone"))
    store.delete("runs/gone")
    records = [completed(store, f"r{number}") for number in range(8)]
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda made: remember(store, KEY, *made), records))
    assert lookup(store, KEY) in [entry(f"r{number}") for number in range(8)]


@pytest.mark.parametrize(
    "damage",
    [
        b"",
        b"{",
        b"[]",
        b"\xff",
        b'{"format": 1}',
        b'{"format": 1, "run_id": "r", "step": "s", "attempt": 1, "outputs": []}',
    ],
)
def test_an_entry_that_makes_no_sense_is_a_miss_and_is_replaced(store, damage):
    store.write(f"cache/{KEY}", damage)
    assert lookup(store, KEY) is None
    remember(store, KEY, *completed(store, "r1"))
    assert lookup(store, KEY).run_id == "r1"


def test_an_entry_of_a_newer_podium_is_refused_and_kept(store):
    newer = json.dumps({"format": 2}).encode()
    store.write(f"cache/{KEY}", newer)
    with pytest.raises(PodiumError, match="this cache entry has format 2"):
        lookup(store, KEY)
    assert store.read(f"cache/{KEY}") == newer

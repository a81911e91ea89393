import os
import random
import signal
import stat
import subprocess
import sys
import time

import pytest

from podium.core.errors import ConflictError, UsageError
from podium.core.store.config_store import ConfigStore
from podium.core.store.records import ComponentRecord, StackRecord

SCALE = float(os.environ.get("PODIUM_TEST_SCALE", "1"))
REGISTER_MANY = """
import sys
from pathlib import Path
from podium.core.store.config_store import ConfigStore
from podium.core.store.records import ComponentRecord
store = ConfigStore(Path(sys.argv[1]))
for number in range(int(sys.argv[3])):
    record = ComponentRecord("orchestrator", f"{sys.argv[2]}-{number}", "local", {"path": "x" * 4000})
    store.register_component(record)
    print(record.name, flush=True)
"""


@pytest.fixture
def store(tmp_path):
    return ConfigStore(tmp_path / "home")


def component(name="fast", kind="orchestrator", **config):
    return ComponentRecord(kind, name, "local", config)


def stack(name="dev", **components):
    return StackRecord(name, {"orchestrator": "default", "artifact-store": "default", **components})


def register_many(store, prefix, count):
    command = [sys.executable, "-c", REGISTER_MANY, str(store.home), prefix, str(count)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)


def test_defaults_exist_without_any_file(store):
    assert store.components("orchestrator").all() == [ComponentRecord("orchestrator", "default", "local")]
    assert store.stacks.get("default").components == {"orchestrator": "default", "artifact-store": "default"}
    assert not store.home.exists()


def test_a_component_comes_back_as_registered(store):
    record = ComponentRecord("artifact-store", "data", "local", {"path": "/data"}, {"team": "ml"})
    assert store.register_component(record)
    assert ConfigStore(store.home).components("artifact-store").get("data") == record


def test_registering_the_same_again_changes_nothing(store):
    store.register_component(component(size=1))
    before = store.components("orchestrator").path("fast").stat().st_mtime_ns
    assert not store.register_component(component(size=1))
    assert store.components("orchestrator").path("fast").stat().st_mtime_ns == before


def test_registering_another_under_the_name_names_the_fields(store):
    store.register_component(ComponentRecord("orchestrator", "fast", "local", {"size": 1, "same": 3}, {"size": "1"}))
    with pytest.raises(ConflictError) as caught:
        store.register_component(ComponentRecord("orchestrator", "fast", "local", {"size": 2, "same": 3}, {"a": "b"}))
    assert caught.value.message.endswith("with other values: config.size, labels.a, labels.size")
    assert store.components("orchestrator").get("fast").config["size"] == 1


def test_names_that_differ_only_in_case_are_refused(store):
    store.register_component(component("Fast"))
    with pytest.raises(ConflictError, match="only in case"):
        store.register_component(component("fast"))


@pytest.mark.parametrize("name", ["", "../x", "a/b", ".hidden", "a b", "x" * 101, "ä"])
def test_names_that_could_leave_the_folder_are_refused(store, name):
    with pytest.raises(UsageError):
        store.register_component(component(name))
    with pytest.raises(UsageError):
        store.components("orchestrator").get(name)


def test_the_built_in_objects_can_be_neither_replaced_nor_deleted(store):
    with pytest.raises(ConflictError, match="built in"):
        store.register_component(component("default"))
    with pytest.raises(ConflictError, match="built in"):
        store.delete_component("orchestrator", "default")
    with pytest.raises(ConflictError, match="built in"):
        store.stacks.remove("default")


def test_a_component_in_use_is_not_deleted_and_its_stacks_are_named(store):
    store.register_component(component())
    store.stacks.add(stack("one", orchestrator="fast"))
    store.stacks.add(stack("two", orchestrator="fast"))
    with pytest.raises(ConflictError, match="one, two"):
        store.delete_component("orchestrator", "fast")
    store.stacks.remove("one")
    store.stacks.remove("two")
    store.delete_component("orchestrator", "fast")
    assert store.components("orchestrator").names() == ["default"]


@pytest.mark.parametrize("umask", [0o000, 0o022, 0o077])
def test_files_and_folders_are_the_owners_under_any_umask(store, umask):
    old = os.umask(umask)
    try:
        store.register_component(component())
    finally:
        os.umask(old)
    found = {path.name: stat.S_IMODE(path.stat().st_mode) for path in [store.home, *store.home.rglob("*")]}
    assert found == {"home": 0o700, ".lock": 0o600, "orchestrators": 0o700, "fast.yaml": 0o600}


@pytest.mark.parametrize("call", ["fsync", "fdopen"])
def test_a_write_that_fails_leaves_the_old_content_and_no_litter(store, monkeypatch, call):
    store.stacks.add(stack())
    path = store.stacks.path("dev")
    before = path.read_bytes()

    def full(*_arguments):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, call, full)
    with pytest.raises(OSError, match="No space"):
        store.stacks.put(stack(orchestrator="other"))
    monkeypatch.undo()
    assert path.read_bytes() == before
    assert list(path.parent.iterdir()) == [path]


def test_processes_that_register_at_once_lose_nothing(store):
    count = max(5, round(5 * SCALE))
    processes = [register_many(store, f"p{number}", count) for number in range(8)]
    for process in processes:
        process.communicate(timeout=60)
    assert [process.returncode for process in processes] == [0] * 8
    assert len(store.components("orchestrator").all()) == 8 * count + 1


def test_a_killed_registration_leaves_whole_files_and_a_free_lock(store):
    for number in range(round(4 * SCALE)):
        process = register_many(store, f"k{number}", 100_000)
        assert process.stdout
        told = [process.stdout.readline().strip()]
        time.sleep(random.uniform(0, 0.05))
        process.send_signal(signal.SIGKILL)
        told += process.communicate()[0].split("\n")[:-1]
        names = store.components("orchestrator").names()
        assert set(told) <= set(names)
        assert all(
            len(str(record.config.get("path", "x" * 4000))) == 4000 for record in store.components("orchestrator").all()
        )
        assert store.register_component(component(f"after-{number}"))

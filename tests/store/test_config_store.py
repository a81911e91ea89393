import os
import stat
import subprocess
import sys

import pytest

from podium.core.errors import ConflictError, UsageError
from podium.core.secrets.vault import read_key
from podium.core.store.config_store import ConfigStore
from podium.core.store.records import ComponentRecord, StackRecord

SCALE = float(os.environ.get("PODIUM_TEST_SCALE", "1"))
REGISTER_MANY = """
import sys
from podium.core.components.registration import register
from podium.core.secrets.vault import read_key
from podium.core.store.config_store import ConfigStore
from podium.core.store.records import ComponentRecord
for number in range(int(sys.argv[2])):
    name = f"{sys.argv[1]}-{number}"
    config = {"region": "eu", "token": f"token of {name}"}
    register(ComponentRecord("orchestrator", name, "nimbus", config), ConfigStore())
"""


@pytest.fixture
def store(tmp_path):
    return ConfigStore(tmp_path / "home")


def component(name="fast", kind="orchestrator", **config):
    return ComponentRecord(kind, name, "local", config)


def stack(name="dev", **components):
    return StackRecord(name, {"orchestrator": "default", "artifact-store": "default", **components})


def add(store, record):
    with store.locked():
        return store.components(record.kind).add(record)


def test_defaults_exist_without_any_file(store):
    assert store.components("orchestrator").all() == [ComponentRecord("orchestrator", "default", "local")]
    assert store.stacks.get("default").components == {"orchestrator": "default", "artifact-store": "default"}
    assert not store.home.exists()


def test_a_component_comes_back_as_registered(store):
    record = ComponentRecord("artifact-store", "data", "local", {"path": "/data"}, {"team": "ml"})
    assert add(store, record)
    assert ConfigStore(store.home).components("artifact-store").get("data") == record


def test_registering_the_same_again_changes_nothing(store):
    add(store, component(size=1))
    before = store.components("orchestrator").path("fast").stat().st_mtime_ns
    assert not add(store, component(size=1))
    assert store.components("orchestrator").path("fast").stat().st_mtime_ns == before


def test_registering_another_under_the_name_names_the_fields(store):
    add(store, ComponentRecord("orchestrator", "fast", "local", {"size": 1, "same": 3}, {"size": "1"}))
    with pytest.raises(ConflictError) as caught:
        add(store, ComponentRecord("orchestrator", "fast", "local", {"size": 2, "same": 3}, {"a": "b"}))
    assert caught.value.message.endswith("with other values: config.size, labels.a, labels.size")
    assert store.components("orchestrator").get("fast").config["size"] == 1


def test_names_that_differ_only_in_case_are_refused(store):
    add(store, component("Fast"))
    with pytest.raises(ConflictError, match="only in case"):
        add(store, component("fast"))


@pytest.mark.parametrize("name", ["", "../x", "a/b", ".hidden", "a b", "x" * 101, "ä"])
def test_names_that_could_leave_the_folder_are_refused(store, name):
    with pytest.raises(UsageError):
        add(store, component(name))
    with pytest.raises(UsageError):
        store.components("orchestrator").get(name)


def test_the_built_in_objects_can_be_neither_replaced_nor_deleted(store):
    with pytest.raises(ConflictError, match="built in"):
        add(store, component("default", size=1))
    with pytest.raises(ConflictError, match="built in"):
        store.components("orchestrator").remove("default")
    with pytest.raises(ConflictError, match="built in"):
        store.stacks.remove("default")


@pytest.mark.parametrize("umask", [0o000, 0o022, 0o077])
def test_files_and_folders_are_the_owners_under_any_umask(store, umask):
    old = os.umask(umask)
    try:
        add(store, component())
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


def test_processes_that_register_at_once_lose_nothing(nimbus, tmp_path, monkeypatch):
    monkeypatch.setenv("PODIUM_HOME", str(tmp_path / "home"))
    count = max(5, round(5 * SCALE))
    processes = [
        subprocess.Popen([sys.executable, "-c", REGISTER_MANY, f"p{number}", str(count)], stderr=subprocess.PIPE)
        for number in range(8)
    ]
    for process in processes:
        process.communicate(timeout=120)
    names = [f"p{process}-{number}" for process in range(8) for number in range(count)]
    assert [process.returncode for process in processes] == [0] * 8
    assert ConfigStore().components("orchestrator").names() == sorted(["default", *names])
    assert [read_key(f"orchestrator.{name}", "token") for name in names] == [f"token of {name}" for name in names]

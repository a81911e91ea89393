import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from sample_flavors import register_samples

from podium.core import stacks
from podium.core.errors import ConflictError, DefinitionError, NotFoundError, UsageError
from podium.core.store.config_store import ConfigStore
from podium.core.store.records import ComponentRecord, StackRecord
from podium.core.store.selection import read_pin, repository_file

SCALE = float(os.environ.get("PODIUM_TEST_SCALE", "1"))
RENAME = """
from podium.core import stacks
from podium.core.store.config_store import ConfigStore
store, old, new = ConfigStore(), "one", "two"
print("ready", flush=True)
while True:
    stacks.rename(old, new, store)
    old, new = new, old
"""


@pytest.fixture
def store(tmp_path, monkeypatch):
    """A store with one more component of each kind, in whose working directory a repository begins."""
    monkeypatch.setenv("PODIUM_HOME", str(tmp_path / "home"))
    (tmp_path / "project/.podium").mkdir(parents=True)
    monkeypatch.chdir(tmp_path / "project")
    store = ConfigStore()
    register_samples(store)
    for record in (
        ComponentRecord("orchestrator", "fast", "local"),
        ComponentRecord("orchestrator", "sky", "cloud", {"region": "north"}),
        ComponentRecord("artifact-store", "data", "bucket", {"url": "bucket://data"}),
        ComponentRecord("container-registry", "hub", "hub", {"uri": "hub.example"}),
        ComponentRecord("image-builder", "kiln", "kiln"),
    ):
        store.components(record.kind).add(record)
    return store


def stack(name="dev", **components):
    kinds = {kind.replace("_", "-"): component for kind, component in components.items()}
    return StackRecord(name, {"orchestrator": "default", "artifact-store": "default", **kinds})


def test_registering_says_what_came_of_it(store):
    fast = stack(orchestrator="fast")
    assert stacks.register(stack(), store) == "registered"
    assert stacks.register(stack(), store) == "unchanged"
    assert stacks.register(fast, store, update=True) == "updated"
    assert stacks.register(fast, store, update=True) == "unchanged"
    assert store.stacks.get("dev") == fast


def test_registering_another_stack_of_the_name_names_the_kinds(store):
    stacks.register(stack(), store)
    with pytest.raises(ConflictError) as caught:
        stacks.register(stack(orchestrator="fast", image_builder="kiln"), store)
    assert caught.value.message.endswith("components.image-builder, components.orchestrator")
    assert "--update" in str(caught.value.hint)
    assert store.stacks.get("dev") == stack()


def test_everything_that_a_stack_lacks_is_said_at_once(store):
    with pytest.raises(DefinitionError) as caught:
        stacks.register(StackRecord("dev", {"orchestrator": "defualt", "container-registry": "hbu"}), store, force=True)
    text = str(caught.value)
    assert "3 faults" in text
    assert "needs a component of kind artifact-store" in text
    assert "did you mean 'default'?" in text
    assert "did you mean 'hub'?" in text
    assert store.stacks.names() == ["default"]


def test_a_single_unknown_component_is_not_found(store):
    with pytest.raises(NotFoundError, match="no orchestrator 'defualt'"):
        stacks.register(stack(orchestrator="defualt"), store)


def test_a_stack_that_can_never_run_is_refused_wherever_it_would_come_to_be(store):
    never = stack(orchestrator="sky")
    with pytest.raises(DefinitionError, match="can never run, so it is refused without --force: 3 faults"):
        stacks.register(never, store)
    assert stacks.register(never, store, force=True) == "registered"
    with pytest.raises(DefinitionError, match="can never run"):
        stacks.activate("dev", store)
    with pytest.raises(DefinitionError, match="can never run, so it is refused without --force: 2 faults"):
        stacks.update("dev", {"artifact-store": "data"}, store)
    stacks.activate("dev", store, force=True)
    assert store.active_stack() == "dev"


def test_updating_keeps_the_other_components(store):
    stacks.register(stack(container_registry="hub"), store)
    assert stacks.update("dev", {"orchestrator": "fast"}, store)
    assert not stacks.update("dev", {"orchestrator": "fast"}, store)
    assert store.stacks.get("dev") == stack(orchestrator="fast", container_registry="hub")


def test_removing_a_component_that_is_needed_is_refused(store):
    whole = stack(orchestrator="sky", artifact_store="data", container_registry="hub", image_builder="kiln")
    stacks.register(whole, store)
    with pytest.raises(DefinitionError, match="can never run, so it is refused without --force: 1 fault"):
        stacks.remove_components("dev", ["container-registry"], store)
    with pytest.raises(UsageError, match="kind orchestrator"):
        stacks.remove_components("dev", ["orchestrator"], store)
    assert store.stacks.get("dev") == whole


def test_removing_what_a_stack_does_not_have_changes_nothing(store):
    stacks.register(stack(container_registry="hub"), store)
    assert stacks.remove_components("dev", ["container-registry", "image-builder"], store)
    assert not stacks.remove_components("dev", ["container-registry"], store)
    assert store.stacks.get("dev") == stack()


def test_a_renamed_stack_stays_the_active_one_and_the_pinned_one(store):
    stacks.register(stack(), store)
    pin = repository_file(Path.cwd())
    stacks.activate("dev", store)
    stacks.activate("dev", store, pin=pin)
    stacks.rename("dev", "laptop", store)
    assert store.stacks.names() == ["default", "laptop"]
    assert (store.active_stack(), read_pin(pin)) == ("laptop", "laptop")


def test_renaming_leaves_other_choices_alone(store):
    stacks.register(stack(), store)
    stacks.activate("default", store)
    stacks.rename("dev", "laptop", store)
    assert store.active_stack() == "default"
    assert not repository_file(Path.cwd()).exists()


def test_a_name_that_is_taken_is_not_given_again(store):
    stacks.register(stack(), store)
    stacks.register(stack("other", orchestrator="fast"), store)
    for change in (stacks.rename, stacks.copy):
        with pytest.raises(ConflictError, match="another stack 'other'"):
            change("dev", "other", store)
    assert store.stacks.names() == ["default", "dev", "other"]


@pytest.mark.parametrize("name", ["dev", "DEV", "a/b"])
def test_a_stack_is_not_lost_by_a_rename_to_an_odd_name(store, name):
    stacks.register(stack(), store)
    try:
        stacks.rename("dev", name, store)
    except (ConflictError, UsageError):
        assert name != "dev"
    assert store.stacks.names() == ["default", "dev"]


def test_the_built_in_stack_is_copied_but_not_renamed(store):
    with pytest.raises(ConflictError, match="built in"):
        stacks.rename("default", "dev", store)
    stacks.copy("default", "dev", store)
    assert store.stacks.get("dev") == stack()


def test_a_rename_killed_at_any_instant_leaves_the_active_stack_there(store):
    stacks.register(stack("one"), store)
    stacks.activate("one", store)
    for _ in range(round(3 * SCALE)):
        process = subprocess.Popen([sys.executable, "-c", RENAME], stdout=subprocess.PIPE)
        assert process.stdout
        process.stdout.readline()
        time.sleep(random.uniform(0, 0.1))
        process.send_signal(signal.SIGKILL)
        process.communicate()
        active = store.active_stack()
        assert store.stacks.get(active).components == stack().components
        stacks.rename(active, "one", store)
        if "two" in store.stacks.names():
            stacks.delete("two", store)


@pytest.mark.parametrize("pinned", [False, True])
def test_a_stack_in_use_is_not_deleted(store, pinned):
    stacks.register(stack(), store)
    stacks.activate("dev", store, pin=repository_file(Path.cwd()) if pinned else None)
    with pytest.raises(ConflictError) as caught:
        stacks.delete("dev", store)
    assert ("pinned by this repository" in caught.value.message) == pinned
    assert str(caught.value.hint).endswith("--repository") == pinned
    assert store.stacks.names() == ["default", "dev"]


def test_deleting_recursively_takes_what_no_other_stack_has(store):
    stacks.register(stack(orchestrator="fast", image_builder="kiln"), store)
    stacks.register(stack("other", image_builder="kiln"), store)
    assert stacks.components_of_no_other("dev", store) == {"orchestrator": "fast"}
    stacks.delete("dev", store, recursive=True)
    assert store.stacks.names() == ["default", "other"]
    assert store.components("orchestrator").names() == ["default", "sky"]
    assert store.components("image-builder").names() == ["kiln"]


def test_deleting_leaves_the_components(store):
    stacks.register(stack(orchestrator="fast"), store)
    stacks.delete("dev", store)
    assert "fast" in store.components("orchestrator").names()


def test_a_stack_that_does_not_exist_cannot_become_active(store):
    with pytest.raises(NotFoundError):
        stacks.activate("nope", store)
    assert store.active_stack() is None

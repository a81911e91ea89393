import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from sample_flavors import register_samples

from podium.core.errors import ConflictError, DefinitionError, NotFoundError, UsageError
from podium.core.stacks import changes
from podium.core.store.config_store import ConfigStore
from podium.core.store.document import read_document
from podium.core.store.records import ComponentRecord, StackRecord
from podium.core.store.selection import REPOSITORY_KEYS, read_pin, repository_file

SCALE = float(os.environ.get("PODIUM_TEST_SCALE", "1"))
RENAME = """
from podium.core.stacks import changes
from podium.core.store.config_store import ConfigStore
store, old, new = ConfigStore(), "one", "two"
print("ready", flush=True)
while True:
    changes.rename(old, new, store)
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
    assert changes.register(stack(), store) == "registered"
    assert changes.register(stack(), store) == "unchanged"
    assert changes.register(fast, store, update=True) == "updated"
    assert changes.register(fast, store, update=True) == "unchanged"
    assert store.stacks.get("dev") == fast


def test_registering_another_stack_of_the_name_names_the_kinds(store):
    changes.register(stack(), store)
    with pytest.raises(ConflictError) as caught:
        changes.register(stack(orchestrator="fast", image_builder="kiln"), store)
    assert caught.value.message.endswith("components.image-builder, components.orchestrator")
    assert "--update" in str(caught.value.hint)
    assert store.stacks.get("dev") == stack()


def test_everything_that_a_stack_lacks_is_said_at_once(store):
    with pytest.raises(DefinitionError) as caught:
        changes.register(
            StackRecord("dev", {"orchestrator": "defualt", "container-registry": "hbu"}), store, force=True
        )
    text = str(caught.value)
    assert "3 faults" in text
    assert "needs a component of kind artifact-store" in text
    assert "did you mean 'default'?" in text
    assert "did you mean 'hub'?" in text
    assert store.stacks.names() == ["default"]


def test_a_single_unknown_component_is_not_found(store):
    with pytest.raises(NotFoundError, match="no orchestrator 'defualt'"):
        changes.register(stack(orchestrator="defualt"), store)


def test_a_stack_that_can_never_run_is_refused_wherever_it_would_come_to_be(store):
    never = stack(orchestrator="sky")
    with pytest.raises(DefinitionError, match="can never run, so it is refused without --force: 3 faults"):
        changes.register(never, store)
    assert changes.register(never, store, force=True) == "registered"
    with pytest.raises(DefinitionError, match="can never run"):
        changes.activate("dev", store)
    with pytest.raises(DefinitionError, match="can never run, so it is refused without --force: 2 faults"):
        changes.update("dev", {"artifact-store": "data"}, store)
    changes.activate("dev", store, force=True)
    assert store.active_stack() == "dev"


def test_updating_keeps_the_other_components(store):
    changes.register(stack(container_registry="hub"), store)
    assert changes.update("dev", {"orchestrator": "fast"}, store)
    assert not changes.update("dev", {"orchestrator": "fast"}, store)
    assert store.stacks.get("dev") == stack(orchestrator="fast", container_registry="hub")


def test_removing_a_component_that_is_needed_is_refused(store):
    whole = stack(orchestrator="sky", artifact_store="data", container_registry="hub", image_builder="kiln")
    changes.register(whole, store)
    with pytest.raises(DefinitionError, match="can never run, so it is refused without --force: 1 fault"):
        changes.remove_components("dev", ["container-registry"], store)
    with pytest.raises(UsageError, match="kind orchestrator"):
        changes.remove_components("dev", ["orchestrator"], store)
    assert store.stacks.get("dev") == whole


def test_removing_what_a_stack_does_not_have_changes_nothing(store):
    changes.register(stack(container_registry="hub"), store)
    assert changes.remove_components("dev", ["container-registry", "image-builder"], store)
    assert not changes.remove_components("dev", ["container-registry"], store)
    assert store.stacks.get("dev") == stack()


def test_a_renamed_stack_stays_the_active_one_and_the_pinned_one(store):
    changes.register(stack(), store)
    pin = repository_file(Path.cwd())
    changes.activate("dev", store)
    changes.activate("dev", store, pin=pin)
    changes.rename("dev", "laptop", store)
    assert store.stacks.names() == ["default", "laptop"]
    assert (store.active_stack(), read_pin(pin)) == ("laptop", "laptop")


def test_pinning_a_stack_keeps_what_else_the_repository_says(store):
    changes.register(stack(), store)
    pin = repository_file(Path.cwd())
    pin.write_text("stack: default\ncode_limit: 2GB\n")
    changes.activate("dev", store, pin=pin)
    assert read_document(pin, REPOSITORY_KEYS).values == {"format": 1, "stack": "dev", "code_limit": "2GB"}


def test_renaming_leaves_other_choices_alone(store):
    changes.register(stack(), store)
    changes.activate("default", store)
    changes.rename("dev", "laptop", store)
    assert store.active_stack() == "default"
    assert not repository_file(Path.cwd()).exists()


def test_a_name_that_is_taken_is_not_given_again(store):
    changes.register(stack(), store)
    changes.register(stack("other", orchestrator="fast"), store)
    for change in (changes.rename, changes.copy):
        with pytest.raises(ConflictError, match="another stack 'other'"):
            change("dev", "other", store)
    assert store.stacks.names() == ["default", "dev", "other"]


@pytest.mark.parametrize("name", ["dev", "DEV", "a/b"])
def test_a_stack_is_not_lost_by_a_rename_to_an_odd_name(store, name):
    changes.register(stack(), store)
    try:
        changes.rename("dev", name, store)
    except (ConflictError, UsageError):
        assert name != "dev"
    assert store.stacks.names() == ["default", "dev"]


def test_the_built_in_stack_is_copied_but_not_renamed(store):
    with pytest.raises(ConflictError, match="built in"):
        changes.rename("default", "dev", store)
    changes.copy("default", "dev", store)
    assert store.stacks.get("dev") == stack()


def test_a_rename_killed_at_any_instant_leaves_the_active_stack_there(store):
    changes.register(stack("one"), store)
    changes.activate("one", store)
    for _ in range(round(3 * SCALE)):
        process = subprocess.Popen([sys.executable, "-c", RENAME], stdout=subprocess.PIPE)
        assert process.stdout
        process.stdout.readline()
        time.sleep(random.uniform(0, 0.1))
        process.send_signal(signal.SIGKILL)
        process.communicate()
        active = store.active_stack()
        assert store.stacks.get(active).components == stack().components
        changes.rename(active, "one", store)
        if "two" in store.stacks.names():
            changes.delete("two", store)


@pytest.mark.parametrize("pinned", [False, True])
def test_a_stack_in_use_is_not_deleted(store, pinned):
    changes.register(stack(), store)
    changes.activate("dev", store, pin=repository_file(Path.cwd()) if pinned else None)
    with pytest.raises(ConflictError) as caught:
        changes.delete("dev", store)
    assert ("pinned by this repository" in caught.value.message) == pinned
    assert str(caught.value.hint).endswith("--repository") == pinned
    assert store.stacks.names() == ["default", "dev"]


def test_deleting_recursively_takes_what_no_other_stack_has(store):
    changes.register(stack(orchestrator="fast", image_builder="kiln"), store)
    changes.register(stack("other", image_builder="kiln"), store)
    assert changes.components_of_no_other("dev", store) == {"orchestrator": "fast"}
    changes.delete("dev", store, recursive=True)
    assert store.stacks.names() == ["default", "other"]
    assert store.components("orchestrator").names() == ["default", "sky"]
    assert store.components("image-builder").names() == ["kiln"]


def test_deleting_leaves_the_components(store):
    changes.register(stack(orchestrator="fast"), store)
    changes.delete("dev", store)
    assert "fast" in store.components("orchestrator").names()


def test_a_stack_that_does_not_exist_cannot_become_active(store):
    with pytest.raises(NotFoundError):
        changes.activate("nope", store)
    assert store.active_stack() is None

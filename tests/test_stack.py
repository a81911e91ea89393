import pytest
from sample_flavors import register_samples

from podium.core.components.registration import register
from podium.core.errors import DefinitionError, NotFoundError, PodiumError
from podium.core.secrets.vault import open_vault
from podium.core.stacks.stack import load_stack
from podium.core.store.config_store import ConfigStore
from podium.core.store.records import ComponentRecord, StackRecord


@pytest.fixture
def store(tmp_path, monkeypatch):
    monkeypatch.setenv("PODIUM_HOME", str(tmp_path / "home"))
    monkeypatch.delenv("PODIUM_STACK", raising=False)
    monkeypatch.chdir(tmp_path)
    return ConfigStore()


def test_the_default_stack_needs_no_set_up(store):
    stack = load_stack()
    assert (stack.name, stack.orchestrator.name, stack.orchestrator.flavor) == ("default", "default", "local")
    assert stack.artifact_store.url == (store.home / "artifacts").as_uri()
    assert not store.home.exists()


def test_a_registered_config_reaches_the_component(store, tmp_path):
    register(ComponentRecord("orchestrator", "fast", "local", {"max_parallel_steps": "3"}), store)
    register(ComponentRecord("artifact-store", "data", "local", {"path": str(tmp_path / "data")}), store)
    store.stacks.add(StackRecord("dev", {"orchestrator": "fast", "artifact-store": "data"}))
    stack = load_stack("dev")
    assert stack.orchestrator.config.given() == {"max_parallel_steps": 3}
    assert stack.artifact_store.url == (tmp_path / "data").as_uri()


def test_only_what_was_given_is_stored(store):
    register(ComponentRecord("orchestrator", "fast", "local", {"max_parallel_steps": "3"}), store)
    assert store.components("orchestrator").get("fast").config == {"max_parallel_steps": 3}


def test_every_fault_of_a_config_is_reported_and_nothing_stored(store):
    with pytest.raises(DefinitionError) as caught:
        register(
            ComponentRecord("orchestrator", "x", "local", {"max_parallel_steps": 0, "fresh_proceses": True}), store
        )
    text = str(caught.value)
    assert "2 faults" in text
    assert "greater than or equal to 1" in text
    assert "did you mean 'fresh_processes'" in text
    assert store.components("orchestrator").names() == ["default"]


def test_faults_do_not_repeat_values_that_may_be_secret(store):
    with pytest.raises(DefinitionError) as caught:
        register(ComponentRecord("orchestrator", "x", "local", {"max_parallel_steps": "marker-secret"}), store)
    assert "marker-secret" not in str(caught.value)


def test_a_config_broken_by_hand_names_its_file(store):
    register(ComponentRecord("orchestrator", "fast", "local", {}), store)
    path = store.components("orchestrator").path("fast")
    path.write_text("flavor: local\nconfig: {max_parallel_steps: many}\n", encoding="utf-8")
    store.stacks.add(StackRecord("dev", {"orchestrator": "fast", "artifact-store": "default"}))
    with pytest.raises(DefinitionError, match=str(path)):
        load_stack("dev")


def test_the_records_of_a_run_hold_references_and_never_secrets(store, monkeypatch):
    monkeypatch.setenv("PODIUM_SECRETS_BACKEND", "file")
    open_vault().write("cloud", {"region": "marker-region", "ticket": "marker-ticket"})
    register_samples(store)
    config = {"region": "{{cloud.region}}", "ticket": "{{cloud.ticket}}", "size": 3}
    store.components("orchestrator").add(ComponentRecord("orchestrator", "sky", "cloud", config))
    store.components("image-builder").add(ComponentRecord("image-builder", "kiln", "kiln"))
    store.stacks.add(StackRecord("dev", {"orchestrator": "sky", "artifact-store": "default", "image-builder": "kiln"}))
    assert load_stack("dev").snapshot() == {
        "name": "dev",
        "orchestrator": {"name": "sky", "flavor": "cloud", "config": config},
        "artifact_store": {"url": (store.home / "artifacts").as_uri()},
        "image_builder": {"name": "kiln", "flavor": "kiln"},
    }


def test_the_optional_components_are_built_when_they_are_asked_for(store):
    store.components("image-builder").add(ComponentRecord("image-builder", "here", "local"))
    store.components("container-registry").add(
        ComponentRecord("container-registry", "hub", "default", config={"uri": "hub.example:5000"})
    )
    components = {"orchestrator": "default", "artifact-store": "default", "image-builder": "here"}
    store.stacks.add(StackRecord("dev", {**components, "container-registry": "hub"}))
    stack = load_stack("dev")
    registry = stack.container_registry()
    assert registry is not None
    assert (registry.uri, stack.image_builder().name) == ("hub.example:5000", "here")


def test_without_them_images_are_built_on_this_machine_and_stay_there(store):
    stack = load_stack()
    assert stack.container_registry() is None
    assert stack.image_builder().flavor == "local"


def test_a_flavor_that_builds_no_images_is_no_image_builder(store):
    register_samples(store)
    store.components("image-builder").add(ComponentRecord("image-builder", "kiln", "kiln"))
    store.stacks.add(
        StackRecord("dev", {"orchestrator": "default", "artifact-store": "default", "image-builder": "kiln"})
    )
    with pytest.raises(PodiumError, match="flavor 'kiln' does not extend ImageBuilder"):
        load_stack("dev").image_builder()


def test_a_stack_whose_component_is_gone_says_which(store):
    store.components("orchestrator").add(ComponentRecord("orchestrator", "fast", "local"))
    store.stacks.add(StackRecord("dev", {"orchestrator": "fast", "artifact-store": "default"}))
    store.components("orchestrator").path("fast").unlink()
    with pytest.raises(NotFoundError, match="no orchestrator 'fast'"):
        load_stack("dev")

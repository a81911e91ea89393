import json
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sample_flavors import register_samples

from podium.core.apply.manifest import SECTIONS, Manifest
from podium.core.apply.plan import carry_out, make_plan
from podium.core.apply.secrets import KnownSecrets
from podium.core.apply.validate import Validation
from podium.core.errors import ConflictError, DefinitionError
from podium.core.store.config_store import ConfigStore
from podium.core.store.records import ComponentRecord

KEYS = (
    "flavor",
    "config",
    "connector",
    "components",
    "type",
    "auth_method",
    "region",
    "ticket",
    "expires_at",
    "labels",
)
WORDS = ("cloud", "local", "docker", "password", "north", "", "{{a.b}}", "default", "orchestrator", "artifact-store")
SCALARS = st.none() | st.booleans() | st.integers() | st.sampled_from(WORDS)
VALUES = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from(KEYS), inner, max_size=4)
)
OBJECTS = st.dictionaries(st.sampled_from(("default", "a", "A", "b/c")), VALUES, max_size=3)
DOCUMENTS = st.dictionaries(st.sampled_from((*SECTIONS, "active", "format", "colour")), OBJECTS | VALUES, max_size=4)


@pytest.fixture
def store(tmp_path, monkeypatch):
    monkeypatch.setenv("PODIUM_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("PODIUM_SECRETS_BACKEND", "env")
    store = ConfigStore()
    register_samples(store)
    return store


def planned(store, document):
    manifest = Manifest([(Path("stack.yaml"), json.dumps(document).encode())])
    secrets = KnownSecrets({})
    return make_plan(Validation(manifest, store, secrets), store, secrets)


def test_what_another_process_changes_while_the_plan_is_looked_at_is_not_overwritten(store):
    plan = planned(store, {"orchestrators": {"sky": {"flavor": "cloud", "config": {"region": "north"}}}})
    other = ComponentRecord("orchestrator", "sky", "cloud", {"region": "south"})
    store.components("orchestrator").add(other)
    with pytest.raises(ConflictError, match="another process has changed"):
        carry_out(plan, store)
    assert store.component("orchestrator", "sky") == other


def test_whatever_the_order_in_the_file_nothing_is_written_before_what_it_names(store, monkeypatch):
    monkeypatch.setenv("PODIUM_SECRETS_VAULT_DOCKER", "marker-password")
    login = {"username": "ada", "password": "{{vault.docker}}"}
    document = {
        "stacks": {"dev": {"components": {"orchestrator": "fast", "artifact-store": "default"}}},
        "container-registries": {"hub": {"flavor": "hub", "config": {"uri": "x"}, "connector": "docker"}},
        "service-connectors": {"docker": {"type": "docker", "auth_method": "password", "config": login}},
        "orchestrators": {"fast": {"flavor": "local"}},
    }
    plan = planned(store, document)
    assert [change.after.name for change in plan.changes] == ["docker", "fast", "hub", "dev"]


def faults_of(store, document):
    try:
        planned(store, document)
    except DefinitionError as error:
        return error.faults
    return ()


@given(document=DOCUMENTS)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
def test_any_document_is_planned_or_refused_with_a_place_for_each_fault(store, document):
    faults = faults_of(store, document)
    assert [fault for fault in faults if not str(fault.where).startswith("stack.yaml")] == []

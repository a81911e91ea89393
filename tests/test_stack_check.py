import time
from dataclasses import replace
from pathlib import Path

import pytest
from sample_flavors import register_samples

from podium.core.checks.stack import check_stack
from podium.core.secrets.vault import open_vault
from podium.core.store.config_store import ConfigStore
from podium.core.store.records import ComponentRecord, ConnectorRecord, StackRecord


@pytest.fixture
def store(tmp_path, monkeypatch):
    monkeypatch.setenv("PODIUM_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("PODIUM_SECRETS_BACKEND", "file")
    monkeypatch.setenv("PODIUM_SECRETS_PASSPHRASE", "sesame")
    monkeypatch.chdir(tmp_path)
    store = ConfigStore()
    register_samples(store)
    for record in (
        ComponentRecord("artifact-store", "data", "bucket", {"url": "bucket://data"}),
        ComponentRecord("container-registry", "hub", "hub", {"uri": "127.0.0.1:1"}, connector="docker"),
        ComponentRecord("image-builder", "kiln", "kiln"),
    ):
        store.components(record.kind).add(record)
    return store


def sky(store, **config):
    """Put an orchestrator into the store, and return a stack that lacks nothing but perhaps what it is given."""
    record = ComponentRecord("orchestrator", "sky", "cloud", {"region": "north", **config})
    store.components("orchestrator").put(record)
    return StackRecord("dev", {"orchestrator": "sky", "artifact-store": "data", "image-builder": "kiln"})


def login(store, **more):
    """Put the connector of the registry into the store, and return a stack that uses it."""
    open_vault().write("hub", {"password": "marker-secret"})
    config = {"username": "ada", "password": "{{hub.password}}", "registry": "127.0.0.1:1"}
    store.connectors.put(ConnectorRecord(name="docker", type="docker", auth_method="password", config=config, **more))
    return StackRecord("dev", {**sky(store).components, "container-registry": "hub"})


def found(stack, store, **options):
    return [(item.component, item.finding.level, item.finding.what) for item in check_stack(stack, store, **options)]


def about(component, stack, store, **options):
    return [(level, what) for part, level, what in found(stack, store, **options) if part == component]


def test_each_part_of_the_default_stack_is_ok(store):
    assert found(store.stacks.get("default"), store) == [
        ("orchestrator default", "ok", "flavor local"),
        ("artifact-store default", "ok", "flavor local"),
    ]


def test_what_the_components_find_comes_with_what_the_stack_lacks(store):
    stack = sky(store, region="mars")
    store.components("artifact-store").put(ComponentRecord("artifact-store", "data", "local"))
    assert [(part, level) for part, level, _ in found(stack, store)] == [
        ("orchestrator sky", "fail"),
        ("orchestrator sky", "warn"),
        ("artifact-store data", "fail"),
        ("container-registry", "fail"),
        ("image-builder kiln", "ok"),
    ]


def test_every_finding_that_fails_has_a_hint(store):
    stack = StackRecord("dev", {"orchestrator": "sky", "artifact-store": "default", "container-registry": "hub"})
    sky(store, region="mars")
    failed = [item for item in check_stack(stack, store) if item.finding.level == "fail"]
    assert len(failed) == 4
    assert [item for item in failed if not item.finding.hint] == []


def test_a_component_and_a_flavor_that_are_gone_are_found(store):
    stack = sky(store)
    store.components("image-builder").path("kiln").unlink()
    store.components("artifact-store").put(ComponentRecord("artifact-store", "data", "bukcet"))
    assert about("image-builder kiln", stack, store) == [("fail", "there is no image-builder 'kiln'")]
    assert about("artifact-store data", stack, store) == [("fail", "there is no artifact-store flavor 'bukcet'")]


def test_every_fault_of_a_config_is_found_with_its_file(store):
    stack = sky(store, size=0, colour="red")
    faults = about("orchestrator sky", stack, store)
    assert [level for level, _ in faults] == ["fail", "fail"]
    assert all(str(store.components("orchestrator").path("sky")) in what for _, what in faults)


def test_a_check_that_breaks_is_a_finding(store):
    assert about("orchestrator sky", sky(store, region="broken"), store) == [
        ("fail", "its check broke: RuntimeError: the SDK fell over")
    ]


def test_a_service_that_does_not_answer_is_not_waited_for(store):
    start = time.monotonic()
    assert about("orchestrator sky", sky(store, region="hanging"), store, patience=0.2) == [
        ("fail", "no answer within 0.2 s")
    ]
    assert time.monotonic() - start < 5


def test_every_secret_that_does_not_resolve_is_found(store):
    open_vault().write("sky", {"zone": "north"})
    stack = sky(store, region="{{sky.zone}}", ticket="{{sky.key}}", size="{{other.size}}")
    faults = about("orchestrator sky", stack, store)
    assert [level for level, _ in faults] == ["fail", "fail"]
    assert "'key'" in faults[0][1]
    assert "'other'" in faults[1][1]


def test_a_connector_that_is_needed_and_missing_is_found(store):
    store.components("container-registry").put(ComponentRecord("container-registry", "bare", "hub", {"uri": "x"}))
    stack = StackRecord("dev", {**sky(store).components, "container-registry": "bare"})
    ((level, what),) = about("container-registry bare", stack, store)
    assert (level, what) == ("fail", "flavor 'hub' needs a service connector, and it has none")


def test_a_connector_that_is_gone_is_found_once(store):
    stack = StackRecord("dev", {**sky(store).components, "container-registry": "hub"})
    ((level, what),) = about("container-registry hub", stack, store)
    assert level == "fail"
    assert "no service-connector 'docker'" in what


def test_a_service_that_does_not_accept_the_connector_is_found_and_tells_no_secret(store):
    ((level, what),) = about("container-registry hub", login(store), store)
    assert level == "fail"
    assert "127.0.0.1:1" in what
    assert "marker-secret" not in what


def test_credentials_that_have_ended_are_found(store):
    stack = login(store, expires_at="2020-01-01T00:00:00+00:00")
    ((level, what),) = about("container-registry hub", stack, store)
    assert level == "fail"
    assert "expired" in what


def test_credentials_that_end_by_themselves_are_warned_about_where_there_are_schedules(store, monkeypatch):
    monkeypatch.syspath_prepend(Path(__file__).parent / "packages/nimbus")
    open_vault().write("nimbus", {"token": "marker-token", "session": "marker-session"})
    config = {"url": "http://127.0.0.1:1", "token": "{{nimbus.token}}", "session": "{{nimbus.session}}"}
    store.connectors.put(ConnectorRecord(name="nimbus", type="nimbus", auth_method="session", config=config))
    record = store.component("artifact-store", "data")
    store.components("artifact-store").put(replace(record, connector="nimbus"))
    findings = about("artifact-store data", sky(store), store)
    assert [level for level, _ in findings] == ["warn", "fail"]
    assert "end by themselves" in findings[0][1]
    assert "cannot be reached" in findings[1][1]
    here = StackRecord("here", {"orchestrator": "default", "artifact-store": "data"})
    assert [level for level, _ in about("artifact-store data", here, store)] == ["fail"]


def test_a_connector_for_something_else_is_found(store):
    stack = login(store)
    record = store.component("artifact-store", "data")
    store.components("artifact-store").put(replace(record, connector="docker"))
    ((level, what),) = about("artifact-store data", stack, store)
    assert (level, "gives no access to nimbus-bucket" in what) == ("fail", True)

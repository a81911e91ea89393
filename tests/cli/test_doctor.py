"""`podium doctor`: what it says when all is well, and about each thing that is not."""

import json
import os
import time
from pathlib import Path

import pytest

from podium.core.doctor.artifacts import clock, room
from podium.core.secrets.references import reference
from podium.core.store.config_store import ConfigStore
from podium.core.store.records import ComponentRecord, ConnectorRecord, StackRecord

AREAS = ["installation", "configuration", "secrets", "artifacts", "integrations", "programs"]


@pytest.fixture(autouse=True)
def backend(monkeypatch):
    monkeypatch.setenv("PODIUM_SECRETS_BACKEND", "file")
    monkeypatch.setenv("PODIUM_SECRETS_PASSPHRASE", "a passphrase")


@pytest.fixture
def store(home):
    """A store with one component, one connector and one stack in it."""
    store = ConfigStore()
    with store.locked():
        store.components("orchestrator").add(ComponentRecord("orchestrator", "fast", "local"))
        store.connectors.add(ConnectorRecord(name="cloud", type="aws", auth_method="implicit"))
        store.stacks.add(StackRecord("dev", {"orchestrator": "fast", "artifact-store": "default"}))
    return store


@pytest.fixture
def examined(podium):
    """Return the findings, which must agree with the exit code."""

    def call(stack=""):
        result = podium(f"doctor {stack} --output json")
        assert result.err == ""
        findings = json.loads(result.out)
        assert result.code == (1 if any(finding["level"] == "fail" for finding in findings) else 0)
        return findings

    return call


@pytest.fixture
def trouble(examined):
    """Return the findings that are not ok, as level, area and text."""
    return lambda stack="": [
        (found["level"], found["area"], f"{found['what']} | {found['hint']}")
        for found in examined(stack)
        if found["level"] != "ok"
    ]


@pytest.fixture
def nothing_wrong(store, monkeypatch, tmp_path):
    """A machine with both programs."""
    for program in ("docker", "kubectl"):
        (tmp_path / program).touch(mode=0o755)
    monkeypatch.setenv("PATH", str(tmp_path))


@pytest.mark.usefixtures("nothing_wrong")
def test_all_is_well(examined, trouble):
    assert trouble() == []
    assert list(dict.fromkeys(found["area"] for found in examined())) == AREAS


@pytest.mark.usefixtures("nothing_wrong")
def test_a_stack_is_checked_too(examined):
    assert {"orchestrator fast", "artifact-store default"} <= {found["area"] for found in examined("dev")}


def test_nothing_is_created_by_looking(podium, home):
    assert podium("doctor").code == 0
    assert not home.exists()


def test_each_line_has_its_level_and_each_fault_its_hint(podium, store, home):
    (home / "stacks/dev.yaml").write_text("components: [")
    result = podium("doctor")
    assert result.code == 1
    lines = result.out.splitlines()
    fault = next(number for number, line in enumerate(lines) if line.startswith("  fail"))
    assert lines[0] == "installation"
    assert f"{home}/stacks/dev.yaml, line 2" in lines[fault]
    assert all(
        line.startswith(("  ok    ", "  warn  ", "  fail  ", "        hint: ")) or line in AREAS for line in lines
    )


def test_the_back_end_of_secrets_is_told_and_why(examined):
    [found] = [found for found in examined() if found["area"] == "secrets"]
    assert found["what"] == "file, 0 secrets: PODIUM_SECRETS_BACKEND is 'file'"


def wrong_mode(store):
    (store.home / "stacks/dev.yaml").chmod(0o644)
    return "warn", f"others than you can read {store.home}/stacks/dev.yaml | chmod -R go-rwx"


def open_home(store):
    store.home.chmod(0o755)
    return "warn", f"others than you can read {store.home} | chmod -R go-rwx '{store.home}'"


def broken_file(store):
    store.connectors.path("cloud").write_text("type: [")
    return "fail", f"{store.home}/service-connectors/cloud.yaml, line 2"


def newer_format(store):
    store.stacks.path("dev").write_text("format: 99\n")
    return "fail", "this file has format 99"


def leftover(store):
    path = store.home / "stacks/.new"
    path.touch(mode=0o600)
    os.utime(path, (time.time() - 100,) * 2)
    return "warn", f"{path} was left by a process that was killed; it does no harm | rm '{path}'"


def absent_component(store):
    store.components("orchestrator").path("fast").unlink()
    return (
        "fail",
        "stack 'dev' has orchestrator 'fast', which does not exist | podium stack update dev --orchestrator NAME",
    )


def absent_connector(store):
    store.components("orchestrator").put(ComponentRecord("orchestrator", "fast", "local", connector="gone"))
    return "fail", "orchestrator 'fast' is connected to 'gone', which does not exist | podium orchestrator connect fast"


def absent_flavor(store):
    store.components("orchestrator").put(ComponentRecord("orchestrator", "fast", "mine"))
    return "fail", "orchestrator 'fast' has flavor 'mine', which does not exist"


def absent_type(store):
    store.connectors.put(ConnectorRecord(name="cloud", type="mine", auth_method="x"))
    return "fail", "service-connector 'cloud' has type 'mine', which does not exist"


def absent_stack(store):
    (store.home / "active.yaml").write_text("stack: gone\n")
    (store.home / "active.yaml").chmod(0o600)
    return "fail", f"there is no stack 'gone' (at chosen by {store.home}/active.yaml) | podium stack list"


@pytest.mark.usefixtures("nothing_wrong")
@pytest.mark.parametrize(
    "harm",
    [
        wrong_mode,
        open_home,
        broken_file,
        newer_format,
        leftover,
        absent_component,
        absent_connector,
        absent_flavor,
        absent_type,
        absent_stack,
    ],
)
def test_a_fault_of_the_configuration_is_told_with_what_mends_it(store, trouble, harm):
    level, text = harm(store)
    [found] = trouble()
    assert found[:2] == (level, "configuration")
    assert text in found[2]


@pytest.mark.usefixtures("nothing_wrong")
def test_a_secret_that_is_gone_is_told(store, trouble):
    config = {"path": reference("gone", "key")}
    with store.locked():
        store.components("artifact-store").add(ComponentRecord("artifact-store", "data", "local", config))
    assert trouble() == [
        (
            "fail",
            "secrets",
            "artifact-store 'data' refers to secret 'gone', which does not exist | podium secret create gone",
        )
    ]


@pytest.mark.usefixtures("nothing_wrong")
def test_a_back_end_that_does_not_open_is_told(store, trouble, monkeypatch):
    monkeypatch.setenv("PODIUM_SECRETS_BACKEND", "flie")
    [found] = trouble()
    assert found[:2] == ("fail", "secrets")
    assert "did you mean 'file'?" in found[2]


@pytest.mark.usefixtures("nothing_wrong")
def test_a_store_that_is_no_folder_is_told(home, trouble):
    (home / "artifacts").write_text("")
    [found] = trouble()
    assert found == (
        "fail",
        "artifacts",
        f"{home}/artifacts is not a folder | register an artifact store with another --path",
    )


@pytest.mark.usefixtures("nothing_wrong")
def test_an_integration_that_something_registered_needs_is_told(store, trouble):
    store.components("orchestrator").put(ComponentRecord("orchestrator", "fast", "runai"))
    assert trouble() == [
        (
            "warn",
            "integrations",
            "orchestrator 'fast' needs runai, which is not installed | podium integration install runai",
        )
    ]


def test_a_program_is_missed_only_where_something_registered_has_to_do_with_it(store, trouble, monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    assert trouble() == []
    with store.locked():
        store.connectors.add(ConnectorRecord(name="hub", type="docker", auth_method="password"))
    [found] = trouble()
    assert found[:2] == ("warn", "programs")
    assert "docker is not on PATH" in found[2]
    assert "service-connector 'hub'" in found[2]


@pytest.mark.parametrize(("ahead", "level"), [(0, "ok"), (-59, "ok"), (61, "warn"), (-61, "warn")])
def test_clocks_may_differ_by_a_minute(ahead, level):
    found = clock(ahead, Path("/store"))
    assert found.level == level
    assert level == "ok" or ("ahead of" in found.what) == (ahead > 0)


@pytest.mark.parametrize(("free", "level"), [(2**30 - 1, "warn"), (2**30, "ok")])
def test_less_than_a_gibibyte_is_little_room(free, level):
    assert room(free, Path("/store")).level == level


def test_an_unknown_stack_is_not_found(podium):
    assert podium("doctor nope").code == 3

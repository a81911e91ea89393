import json
from pathlib import Path

import pytest
from sample_flavors import register_samples

from podium.core.kinds import KINDS
from podium.core.store.config_store import ConfigStore
from podium.core.store.records import ComponentRecord


def active(podium):
    return json.loads(podium("stack get --output json").out)


def test_the_default_stack_is_there_and_active(podium, home):
    assert podium("stack list").out.splitlines() == [
        "NAME     ACTIVE  ORCHESTRATOR  ARTIFACT STORE  CONTAINER REGISTRY  IMAGE BUILDER",
        "default  yes     default       default",
    ]
    assert active(podium) == {"name": "default", "source": "built in"}
    assert not home.exists()


def test_register_with_set_makes_the_stack_active(podium, home):
    result = podium("stack register dev -o default -a default --set")
    assert (result.code, result.out) == (0, "")
    assert active(podium) == {"name": "dev", "source": str(home / "active.yaml")}


def test_register_names_every_missing_component(podium, files):
    result = podium("stack register dev")
    assert result.code == 2
    assert "add -o NAME" in result.err
    assert "add -a NAME" in result.err
    assert files() == []


def test_every_kind_of_component_has_its_option(podium):
    text = podium("stack register --help").out
    assert [kind.name for kind in KINDS.values() if f"{kind.flag}, --{kind.name}" not in text] == []


def test_an_unknown_component_is_suggested_and_nothing_is_stored(podium, files):
    result = podium("stack register dev -o defualt -a default")
    assert result.code == 3
    assert "did you mean 'default'" in result.err
    assert files() == []


def test_describe_shows_the_config_of_each_component(podium):
    podium("orchestrator register fast -f local --max_parallel_steps=4")
    podium("stack register dev -o fast -a default --set")
    assert json.loads(podium("stack describe --output json").out) == {
        "name": "dev",
        "active": True,
        "orchestrator": {"name": "fast", "flavor": "local", "config": {"max_parallel_steps": 4}},
        "artifact_store": {"name": "default", "flavor": "local", "config": {}},
    }


def test_set_says_when_something_else_still_decides(podium, monkeypatch):
    podium("stack register dev -o default -a default")
    monkeypatch.setenv("PODIUM_STACK", "default")
    result = podium("stack set dev")
    assert result.code == 0
    assert "'default' applies here, chosen by PODIUM_STACK" in result.err


def test_a_repository_pins_its_stack(podium):
    podium("stack register dev -o default -a default")
    assert podium("init --stack dev").code == 0
    file = Path.cwd() / ".podium/config.yaml"
    assert active(podium) == {"name": "dev", "source": str(file)}
    podium("stack set default --repository")
    assert active(podium) == {"name": "default", "source": str(file)}


def test_pinning_outside_a_repository_is_refused(podium):
    result = podium("stack set default --repository")
    assert (result.code, "podium init" in result.err) == (3, True)


def test_init_twice_keeps_the_pin(podium):
    podium("stack register dev -o default -a default")
    podium("init --stack dev")
    assert podium("init").code == 0
    assert active(podium)["name"] == "dev"


def test_the_active_stack_cannot_be_deleted_and_another_can(podium):
    podium("stack register one -o default -a default --set")
    podium("stack register two -o default -a default")
    assert podium("stack delete one --yes").code == 5
    assert podium("stack delete two --yes").code == 0
    assert podium("stack list --output names").out.split() == ["default", "one"]


def test_status_says_which_stack_applies_and_why(podium, home):
    podium("init")
    found = json.loads(podium("status --output json").out)
    assert found == {
        "name": "default",
        "source": "built in",
        "components": {"orchestrator": "default", "artifact-store": "default"},
        "config_home": str(home),
        "repository": str(Path.cwd()),
        "version": found["version"],
    }


@pytest.mark.parametrize("line", ["stack list", "stack describe dev", "status"])
def test_a_file_broken_by_hand_is_named_with_its_line(podium, home, line):
    podium("stack register dev -o default -a default --set")
    (home / "stacks/dev.yaml").write_text("components:\n  orchestrator: [\n", encoding="utf-8")
    result = podium(line)
    assert (result.code, result.out) == (1, "")
    assert f"  at {home}/stacks/dev.yaml, line 3\n" in result.err


@pytest.fixture
def cloud(home):
    """Make the flavors of a cloud known, and register what a stack there needs."""
    store = ConfigStore()
    register_samples(store)
    for record in (
        ComponentRecord("orchestrator", "sky", "cloud", {"region": "north"}),
        ComponentRecord("artifact-store", "data", "bucket", {"url": "bucket://data"}),
        ComponentRecord("container-registry", "hub", "hub", {"uri": "hub.example"}),
        ComponentRecord("image-builder", "kiln", "kiln"),
    ):
        store.components(record.kind).add(record)
    return store


def test_registering_twice_and_differently(podium):
    assert podium("stack register dev -o default -a default").err == "registered stack 'dev'\n"
    assert podium("stack register dev -o default -a default").err == "unchanged: stack 'dev'\n"
    podium("orchestrator register fast -f local")
    other = podium("stack register dev -o fast -a default")
    assert (other.code, "components.orchestrator" in other.err, "--update" in other.err) == (5, True, True)
    assert podium("stack register dev -o fast -a default --update").err == "updated stack 'dev'\n"


def test_a_stack_that_can_never_run_is_refused_with_every_reason(podium, cloud):
    result = podium("stack register dev -o sky -a default --set")
    assert result.code == 2
    refusal = "error: stack 'dev' can never run, so it is refused without --force: 3 faults\n- container-registry: "
    assert result.err.startswith(refusal)
    assert result.err.count("hint: ") == 3
    assert active(podium)["name"] == "default"
    assert podium("stack register dev -o sky -a default --set --force").code == 0
    assert active(podium)["name"] == "dev"


def test_components_are_exchanged_and_taken_out(podium, cloud):
    podium("stack register dev -o sky -a data -c hub -i kiln")
    assert podium("stack update dev -o default").err == "updated stack 'dev'\n"
    assert podium("stack update dev -o default").err == "unchanged: stack 'dev'\n"
    assert podium("stack remove-component dev -c -i").err == "updated stack 'dev'\n"
    assert cloud.stacks.get("dev").components == {"orchestrator": "default", "artifact-store": "data"}


@pytest.mark.parametrize("line", ["stack update dev", "stack remove-component dev"])
def test_a_change_without_a_component_is_wrong_usage(podium, line):
    result = podium(line)
    assert (result.code, "hint: podium stack" in result.err) == (2, True)


def test_names_are_exact_where_something_is_changed_and_may_be_short_where_not(podium):
    podium("stack register laptop -o default -a default")
    for line in ("update lap -o default", "set lap", "delete lap --yes", "copy lap x", "rename lap x"):
        result = podium(f"stack {line}")
        assert (result.code, "did you mean 'laptop'" in result.err) == (3, True), line
    for line in ("describe lap", "check lap", "export lap"):
        assert podium(f"stack {line}").code == 0, line


def test_a_stack_is_copied_and_renamed(podium):
    podium("stack copy default dev")
    podium("stack set dev")
    assert podium("stack rename dev laptop").err == "renamed stack 'dev' to 'laptop'\n"
    assert active(podium)["name"] == "laptop"


def test_delete_names_what_goes_and_asks_first(podium):
    podium("orchestrator register fast -f local")
    podium("stack register dev -o fast -a default")
    asked = podium("stack delete dev -r")
    assert asked.code == 2
    assert "delete stack 'dev', orchestrator 'fast'?" in asked.err
    assert podium("stack delete dev -r --yes").err == "deleted stack 'dev', orchestrator 'fast'\n"
    assert podium("orchestrator list --output names").out == "default\n"


def test_check_lists_every_finding_and_fails(podium, cloud):
    podium("stack register dev -o sky -a default -c hub --force")
    podium("orchestrator update sky --region=mars")
    result = podium("stack check dev --output json")
    rows = json.loads(result.out)
    assert result.code == 1
    assert [set(row) for row in rows] == [{"level", "component", "what", "hint"}] * 5
    assert [(row["level"], row["component"]) for row in rows] == [
        ("fail", "orchestrator sky"),
        ("warn", "orchestrator sky"),
        ("fail", "artifact-store default"),
        ("fail", "container-registry hub"),
        ("fail", "image-builder"),
    ]


def test_check_of_a_stack_that_can_run_succeeds(podium):
    result = podium("stack check")
    assert (result.code, result.err) == (0, "")
    assert result.out.splitlines()[1].split() == ["ok", "orchestrator", "default", "flavor", "local"]


def test_a_run_on_a_stack_that_can_never_run_is_refused(podium, cloud):
    Path("flow.py").write_text(
        "from podium import pipeline, step\n@step\ndef one(): ...\n@pipeline\ndef flow(): one()\n", encoding="utf-8"
    )
    podium("stack register dev -o sky -a default --set --force")
    result = podium("run flow.py")
    assert result.code == 2
    assert "stack 'dev' can never run: 3 faults" in result.err


def test_describe_masks_a_secret_that_was_written_into_a_file_by_hand(podium, cloud):
    edited = ComponentRecord("orchestrator", "sky", "cloud", {"region": "north", "ticket": "marker-secret"})
    cloud.components("orchestrator").put(edited)
    podium("stack register dev -o sky -a data -c hub -i kiln")
    for form in ("table", "json"):
        result = podium(f"stack describe dev --output {form}")
        assert "marker-secret" not in result.out
        assert "********" in result.out

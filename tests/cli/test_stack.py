import json
from pathlib import Path

import pytest

from podium.core.kinds import KINDS


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

"""`podium stack check` on a real machine: the whole way that a run takes, and what is wrong on it."""

import json

import pytest
from conformance.compose_stack import cloud, register
from servers.fixtures import instance
from servers.instance import NO_DOCKER, V1, V2
from servers.loopback import free_port

__all__ = ["cloud", "instance"]


@pytest.fixture
def check(workspace, instance, cloud):
    """Return a function that registers the stacks, and says what is found about an orchestrator of theirs."""

    def findings(stack="hyperai", **changes):
        register(workspace, instance, cloud, **changes)
        result = workspace.podium("stack", "check", stack, "--output", "json")
        found = [item for item in json.loads(result.stdout) if item["component"].startswith("orchestrator ")]
        return result.returncode, {item["what"]: item["level"] for item in found}

    return findings


@pytest.mark.parametrize(
    ("stack", "changes", "compose"), [("hyperai", {"username": V2}, "2."), ("hyperai", {}, "1."), ("ssh", {}, "1.")]
)
def test_each_part_of_the_way_is_found_to_be_right(check, instance, *, stack, changes, compose):
    code, found = check(stack, **changes)
    assert (code, {*found.values()}) == (0, {"ok"}), found
    for told in (
        f"{instance.host} lets '{changes.get('username', V1)}' in",
        f"{instance.host}: Docker ",
        f"{instance.host}: Compose {compose}",
        "GB are free for podium-runs",
        "2 GPUs for containers: NVIDIA H100",
        f"{instance.host} logs into registry {instance.registry} as ",
        f"{instance.host} reaches {instance.gateway}:",
    ):
        assert any(told in what for what in found), (told, found)


def test_a_user_who_may_not_use_docker_is_told_so(check, instance):
    code, found = check(username=NO_DOCKER)
    assert code == 1
    assert found[f"{instance.host}: this user may not use Docker"] == "fail"


def test_a_machine_that_does_not_answer_is_told_so(check, instance):
    code, found = check(port=free_port())
    assert code == 1
    assert any("refuses connections" in what and level == "fail" for what, level in found.items()), found

import io
import json
import sys
from pathlib import Path

import pytest

from podium.core.kinds import KINDS


@pytest.mark.parametrize(
    "fields",
    [
        ["--max_parallel_steps=4", "--fresh_processes=true"],
        ["--max-parallel-steps", "4", "--fresh-processes"],
        ["--max_parallel_steps=@count", "--fresh_processes=yes"],
        ["--max_parallel_steps=-", "--fresh_processes=1"],
    ],
)
def test_fields_are_accepted_in_every_spelling(podium, monkeypatch, fields):
    monkeypatch.setattr(sys, "stdin", io.StringIO("4\n"))
    Path("count").write_text("4\n", encoding="utf-8")
    assert podium("orchestrator register fast --flavor=local", *fields).code == 0
    described = json.loads(podium("orchestrator describe fast --output json").out)
    assert described["config"] == {"max_parallel_steps": 4, "fresh_processes": True}


def test_fields_may_stand_before_the_flavor(podium):
    assert podium("artifact-store register data --path /data --flavor local -l team=ml").code == 0
    described = json.loads(podium("artifact-store describe data --output json").out)
    assert (described["config"], described["labels"]) == ({"path": "/data"}, {"team": "ml"})


def test_fields_come_from_the_environment(podium, monkeypatch):
    monkeypatch.setenv("MAX_PARALLEL_STEPS", "4")
    monkeypatch.setenv("HOW", "spawn")
    assert (
        podium("orchestrator register fast -f local --from-env MAX_PARALLEL_STEPS --from-env start-method=HOW").code
        == 0
    )
    described = json.loads(podium("orchestrator describe fast --output json").out)
    assert described["config"] == {"max_parallel_steps": 4, "start_method": "spawn"}


def test_registering_twice_succeeds_and_differently_conflicts(podium):
    assert podium("orchestrator register fast -f local --max_parallel_steps=4").err.startswith("registered")
    again = podium("orchestrator register fast -f local --max_parallel_steps=4")
    assert (again.code, again.err) == (0, "unchanged: orchestrator 'fast'\n")
    other = podium("orchestrator register fast -f local --max_parallel_steps=5")
    assert other.code == 5
    assert "config.max_parallel_steps" in other.err
    assert "--update" in other.err
    assert podium("orchestrator register fast -f local --max_parallel_steps=5 --update").err.startswith("updated")
    assert json.loads(podium("orchestrator describe fast --output json").out)["config"] == {"max_parallel_steps": 5}


def test_all_wrong_fields_are_reported_at_once_and_nothing_is_stored(podium, files):
    result = podium("orchestrator register x -f local --max_paralel_steps=4 --colour=red --fresh_processes=perhaps")
    assert result.code == 2
    assert "3 faults" in result.err
    assert "did you mean 'max_parallel_steps'?" in result.err
    assert "unknown field 'colour'" in result.err
    assert "'fresh_processes': Input should be a valid boolean" in result.err
    assert files() == []


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("orchestrator register x -f local stray", "unexpected extra argument(s) (stray)"),
        ("orchestrator register x -f local --max_parallel_steps", "--max_parallel_steps needs a value"),
        ("orchestrator register x -f local --max_parallel_steps=1 --max-parallel-steps=2", "given twice"),
        ("orchestrator register x -f local --max_parallel_steps=@absent", "cannot read 'absent'"),
        ("orchestrator register x -f local --label team", "label 'team' has no value"),
        ("orchestrator register x -f local --start_method=- --max_parallel_steps=-", "only one field can be read"),
        ("orchestrator register x -f local --from-env NOT_THERE", "'NOT_THERE' is not set"),
        ("orchestrator register x -f local -r bucket", "--resource-id is a resource of a service connector"),
        ("orchestrator register --colour x -f local", "Missing argument 'NAME'"),
        ("orchestrator register x", "Missing option '--flavor'"),
        ("orchestrator register x -f vertex", "planned"),
    ],
)
def test_wrong_usage_is_said_and_exits_2(podium, files, line, message):
    result = podium(line)
    assert (result.code, result.out) == (2, "")
    assert message in result.err
    assert files() == []


@pytest.mark.parametrize("stdin", [io.StringIO(), None])
def test_a_field_cannot_be_read_from_an_empty_or_closed_stdin(podium, monkeypatch, files, stdin):
    monkeypatch.setattr(sys, "stdin", stdin)
    result = podium("orchestrator register x -f local --start_method=-")
    assert result.code == 2
    assert "there is nothing to read on stdin" in result.err
    assert files() == []


def test_list_shows_the_default_and_what_was_registered(podium):
    podium("orchestrator register fast -f local --max_parallel_steps=4 -l team=ml")
    assert podium("orchestrator list").out.splitlines() == [
        "NAME     FLAVOR  CONNECTOR  LABELS",
        "default  local",
        "fast     local              team=ml",
    ]


def test_list_shows_the_components_of_one_flavor(podium, nimbus):
    podium("orchestrator register far -f nimbus --region=eu")
    assert podium("orchestrator list --flavor nimbus --output names").out == "far\n"
    assert podium("orchestrator list --flavor local --output names").out == "default\n"


def test_describe_shows_where_a_component_is_kept_and_used(podium, home):
    podium("orchestrator register fast -f local --max_parallel_steps=4 -l team=ml")
    podium("stack register dev -o fast -a default")
    assert json.loads(podium("orchestrator describe fast --output json").out) == {
        "name": "fast",
        "kind": "orchestrator",
        "flavor": "local",
        "config": {"max_parallel_steps": 4},
        "labels": {"team": "ml"},
        "connector": None,
        "resource_id": None,
        "stacks": ["dev"],
        "file": str(home / "orchestrators" / "fast.yaml"),
    }


def test_without_a_name_it_is_the_component_of_the_active_stack(podium):
    podium("orchestrator register fast -f local")
    podium("stack register dev -o fast -a default --set")
    assert podium("orchestrator get").out == "fast\n"
    assert json.loads(podium("orchestrator describe --output json").out)["name"] == "fast"
    assert json.loads(podium("orchestrator get --output json").out) == {
        "name": "fast",
        "flavor": "local",
        "stack": "dev",
    }


@pytest.mark.parametrize("verb", ["get", "describe"])
def test_a_stack_without_a_component_of_the_kind_says_so(podium, verb):
    result = podium(f"image-builder {verb}")
    assert (result.code, result.out) == (3, "")
    assert "stack 'default' has no image-builder" in result.err


@pytest.mark.parametrize("kind", KINDS)
def test_explain_says_what_a_kind_is(podium, kind):
    result = podium(f"{kind} explain")
    assert (result.code, result.err) == (0, "")
    assert kind.split("-")[-1] in result.out
    assert max(map(len, result.out.splitlines())) < 80


def test_reading_verbs_take_the_start_of_a_name_and_others_do_not(podium):
    podium("orchestrator register fast -f local")
    podium("orchestrator register fancy -f local")
    assert "flavor" in podium("orchestrator describe fas").out
    assert "fancy, fast" in podium("orchestrator describe fa").err
    assert podium("orchestrator delete fas --yes").code == 3

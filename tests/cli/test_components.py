import io
import json
import sys
from pathlib import Path

import pytest


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


def test_registering_twice_succeeds_and_differently_conflicts(podium):
    assert podium("orchestrator register fast -f local --max_parallel_steps=4").err.startswith("registered")
    again = podium("orchestrator register fast -f local --max_parallel_steps=4")
    assert (again.code, again.err) == (0, "unchanged: orchestrator 'fast'\n")
    other = podium("orchestrator register fast -f local --max_parallel_steps=5")
    assert other.code == 5
    assert "config.max_parallel_steps" in other.err


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
        ("orchestrator register x -f local stray", "unexpected argument 'stray'"),
        ("orchestrator register x -f local --max_parallel_steps", "--max_parallel_steps needs a value"),
        ("orchestrator register x -f local --max_parallel_steps=1 --max-parallel-steps=2", "given twice"),
        ("orchestrator register x -f local --max_parallel_steps=@absent", "cannot read 'absent'"),
        ("orchestrator register x -f local --label team", "label 'team' has no value"),
        ("orchestrator register --colour x -f local", "unexpected argument"),
        ("orchestrator register x", "Missing option '--flavor'"),
        ("orchestrator register x -f vertex", "planned"),
    ],
)
def test_wrong_usage_is_said_and_exits_2(podium, files, line, message):
    result = podium(line)
    assert (result.code, result.out) == (2, "")
    assert message in result.err
    assert files() == []


def test_list_shows_the_default_and_what_was_registered(podium):
    podium("orchestrator register fast -f local --max_parallel_steps=4 -l team=ml")
    assert podium("orchestrator list").out.splitlines() == [
        "NAME     FLAVOR  CONFIG                LABELS",
        "default  local",
        "fast     local   max_parallel_steps=4  team=ml",
    ]


def test_reading_verbs_take_the_start_of_a_name_and_others_do_not(podium):
    podium("orchestrator register fast -f local")
    podium("orchestrator register fancy -f local")
    assert "flavor" in podium("orchestrator describe fas").out
    assert "fancy, fast" in podium("orchestrator describe fa").err
    assert podium("orchestrator delete fas --yes").code == 3


def test_what_a_stack_uses_is_not_deleted(podium):
    podium("orchestrator register fast -f local")
    podium("stack register dev -o fast -a default")
    result = podium("orchestrator delete fast --yes")
    assert result.code == 5
    assert "stack dev" in result.err
    podium("stack delete dev --yes")
    assert podium("orchestrator delete fast --yes").code == 0


@pytest.mark.parametrize("line", ["flavor list", "orchestrator flavor list"])
def test_flavors_are_listed_with_what_is_built(podium, line):
    rows = {
        row["name"]: row for row in json.loads(podium(f"{line} --output json").out) if row["kind"] == "orchestrator"
    }
    assert len(rows) == 17
    assert rows["local"]["status"] == "built"
    assert rows["vm_aws"] == {
        "name": "vm_aws",
        "kind": "orchestrator",
        "integration": "skypilot[aws]",
        "status": "planned",
        "notes": "Runs your pipelines in AWS VMs using SkyPilot.",
    }

"""Updating, renaming, copying and deleting components."""

import json

import pytest


@pytest.fixture
def fast(podium):
    podium("orchestrator register fast -f local --max_parallel_steps=4 --start_method=spawn -l team=ml")


def described(podium, name):
    return json.loads(podium(f"orchestrator describe {name} --output json").out)


def test_update_keeps_what_is_not_named(podium, fast):
    assert podium("orchestrator update fast --max_parallel_steps=5 -l owner=me").err == "updated orchestrator 'fast'\n"
    found = described(podium, "fast")
    assert found["config"] == {"max_parallel_steps": 5, "start_method": "spawn"}
    assert found["labels"] == {"team": "ml", "owner": "me"}


def test_update_to_what_is_there_changes_nothing(podium, fast):
    assert podium("orchestrator update fast --max_parallel_steps=4").err == "unchanged: orchestrator 'fast'\n"


@pytest.mark.parametrize("names", [["max_parallel_steps"], ["--max-parallel-steps"], ["--config.max_parallel_steps"]])
def test_attributes_are_removed_by_name_in_every_spelling(podium, fast, names):
    assert podium("orchestrator remove-attribute fast", *names).code == 0
    assert described(podium, "fast")["config"] == {"start_method": "spawn"}


def test_several_attributes_are_removed_at_once(podium, fast):
    assert podium("orchestrator remove-attribute fast --max_parallel_steps start_method").code == 0
    assert described(podium, "fast")["config"] == {}


@pytest.mark.parametrize(
    ("line", "fault"),
    [
        ("update fast", (2, "nothing to change")),
        ("update fast --max_parallel_steps=none", (2, "field 'max_parallel_steps'")),
        ("update fast --start_methud=fork", (2, "did you mean 'start_method'?")),
        ("update fas --max_parallel_steps=1", (3, "did you mean 'fast'?")),
        ("update default --max_parallel_steps=1", (5, "built in")),
        ("remove-attribute fast start_methud", (3, "did you mean 'start_method'?")),
        ("remove-attribute fast fresh_processes", (3, "no value for field 'fresh_processes'")),
        ("remove-attribute fas start_method", (3, "did you mean 'fast'?")),
        ("rename fas quick", (3, "did you mean 'fast'?")),
        ("rename fast other", (5, "there is another orchestrator 'other'")),
        ("rename fast FAST", (5, "only in case")),
        ("rename default quick", (5, "built in")),
        ("copy fast other", (5, "there is another orchestrator 'other'")),
        ("copy fas quick", (3, "did you mean 'fast'?")),
        ("delete fas --yes", (3, "did you mean 'fast'?")),
        ("delete default --yes", (5, "built in")),
        ("disconnect fas", (3, "did you mean 'fast'?")),
        ("register fas -f local --update --start_method=never", (2, "field 'start_method'")),
    ],
)
def test_what_cannot_be_done_is_said_and_changes_nothing(podium, fast, refused, line, fault):
    podium("orchestrator register other -f local")
    result = refused(f"orchestrator {line}")
    assert result.code == fault[0]
    assert fault[1] in result.err


def test_a_required_field_is_not_removed(podium, nimbus):
    podium("orchestrator register far -f nimbus --region=eu")
    result = podium("orchestrator remove-attribute far region")
    assert result.code == 2
    assert "field 'region' is required" in result.err


def test_renaming_rewrites_the_stacks_that_use_it(podium, fast, files):
    podium("stack register dev -o fast -a default --set")
    podium("stack register prod -o default -a default")
    assert podium("orchestrator rename fast quick").code == 0
    assert described(podium, "quick")["stacks"] == ["dev"]
    assert podium("orchestrator get").out == "quick\n"
    assert "orchestrators/fast.yaml" not in files()


def test_a_rename_that_was_interrupted_is_completed_by_the_same_command(podium, fast, files):
    podium("stack register dev -o fast -a default")
    podium("orchestrator copy fast quick")  # as a rename begins
    assert podium("orchestrator rename fast quick").code == 0
    assert described(podium, "quick")["stacks"] == ["dev"]
    assert "orchestrators/fast.yaml" not in files()


def test_renaming_to_the_same_name_changes_nothing(podium, fast):
    before = described(podium, "fast")
    assert podium("orchestrator rename fast fast").code == 0
    assert described(podium, "fast") == before


def test_a_copy_is_like_its_source_and_in_no_stack(podium, fast):
    podium("stack register dev -o fast -a default")
    assert podium("orchestrator copy fast quick").code == 0
    source, copy = described(podium, "fast"), described(podium, "quick")
    assert (copy["config"], copy["labels"], copy["stacks"]) == (source["config"], source["labels"], [])


def test_the_default_can_be_copied(podium):
    assert podium("orchestrator copy default mine").code == 0
    assert described(podium, "mine")["flavor"] == "local"


def test_what_stacks_use_is_not_deleted(podium, fast):
    podium("stack register dev -o fast -a default")
    podium("stack register prod -o fast -a default")
    result = podium("orchestrator delete fast --yes")
    assert result.code == 5
    assert "stack dev, prod" in result.err
    podium("stack delete dev --yes")
    podium("stack delete prod --yes")
    assert podium("orchestrator delete fast --yes").err == "deleted orchestrator 'fast'\n"
    assert podium("orchestrator list --output names").out == "default\n"

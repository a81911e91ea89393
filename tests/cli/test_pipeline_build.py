"""`podium pipeline build`: what it builds, says and refuses."""

import json
from pathlib import Path
from uuid import uuid4

import pytest

FLOW = """
from podium import DockerSettings, pipeline, step

@step
def one() -> int:
    print("one ran")
    return 1

@step(settings={{"docker": DockerSettings(runtime_environment={{"MARK": "two"}})}})
def two(number: int) -> None:
    print("two ran")

@pipeline(settings={{"docker": DockerSettings(target_repository="{repository}")}})
def flow():
    two(one())

@pipeline
def other():
    one()

if __name__ == "__main__":
    flow()
    raise SystemExit("the call came back")
"""
REPOSITORY = f"podium-test-{uuid4().hex}"


@pytest.fixture
def boxes(podium, home):
    """Write the file, and register a stack whose steps run in containers."""
    Path("flow.py").write_text(FLOW.format(repository=REPOSITORY))
    assert podium("orchestrator register boxes --flavor local_docker").code == 0
    assert podium("stack register boxed -o boxes -a default").code == 0


@pytest.fixture
def engine(docker_engine):
    """Return the engine, from which the images of these tests are gone in the end."""
    yield docker_engine
    for image in docker_engine.images.list(REPOSITORY):
        for name in image.tags:
            if name.startswith(REPOSITORY):
                docker_engine.images.remove(name)


def test_images_are_built_and_nothing_runs(boxes, engine, process):
    built = process("pipeline", "build", "flow.py", "--stack", "boxed", "--output", "json", timeout=200)
    assert built.returncode == 0, built.stderr
    rows = json.loads(built.stdout)
    assert [(row["state"], row["steps"]) for row in rows] == [("built", ["one"]), ("built", ["two"])]
    assert [engine.images.get(row["image"]).id for row in rows] == [row["reference"] for row in rows]
    assert "ran" not in built.stdout + built.stderr
    assert f"image {rows[0]['image']}: built in " in built.stderr
    again = process("pipeline", "build", "flow.py", "--stack", "boxed", "--output", "names")
    assert again.stdout.split() == [row["reference"] for row in rows]
    assert again.stderr.count("unchanged, not built") == 2


def test_a_dry_run_builds_nothing(boxes, engine, process):
    shown = process("pipeline", "build", "flow.py", "--stack", "boxed", "--dry-run", "--output", "json")
    assert [row["state"] for row in json.loads(shown.stdout)] == ["to build", "to build"]
    assert engine.images.list(REPOSITORY) == []


def test_one_pipeline_of_a_file_is_named(boxes, docker_engine, process):
    shown = process("pipeline", "build", "flow.py:other", "--stack", "boxed", "--dry-run", "--output", "json")
    assert [row["steps"] for row in json.loads(shown.stdout)] == [["one"]]


def test_a_run_configuration_changes_the_image(boxes, docker_engine, process):
    line = ("pipeline", "build", "flow.py:other", "--stack", "boxed", "--dry-run", "--output", "json")
    Path("more.yaml").write_text("settings:\n  docker:\n    target_repository: podium-test-other\n")
    [row] = json.loads(process(*line, "--config", "more.yaml").stdout)
    assert row["image"].startswith("podium-test-other:")


def test_what_a_build_prints_is_shown_when_it_is_asked_for(boxes, docker_engine, process):
    Path("fail.yaml").write_text("settings:\n  docker:\n    apt_packages: [surely-not-a-package]\n")
    line = ("pipeline", "build", "flow.py:other", "--stack", "boxed", "--config", "fail.yaml")
    quiet, verbose = process(*line), process(*line, "--verbose")
    assert (quiet.returncode, quiet.stdout) == (1, "")
    assert "cannot be built: RUN apt-get update" in quiet.stderr
    assert "\n  | " in quiet.stderr
    assert "Step 1/" not in quiet.stderr
    assert "Step 1/" in verbose.stderr


def test_a_stack_without_images_is_refused(boxes, process):
    refused = process("pipeline", "build", "flow.py")
    assert (refused.returncode, refused.stdout) == (2, "")
    assert "stack 'default' needs no images: its orchestrator flavor 'local' has none" in refused.stderr


def test_a_file_that_swallows_the_end_of_the_call_is_an_error(boxes, process):
    swallow = "    try:\n        flow()\n    except SystemExit:\n        pass\n"
    Path("flow.py").write_text(FLOW.format(repository=REPOSITORY).partition("    flow()\n")[0] + swallow)
    refused = process("pipeline", "build", "flow.py", "--stack", "boxed")
    assert refused.returncode == 2
    assert "goes on after its pipeline call" in refused.stderr

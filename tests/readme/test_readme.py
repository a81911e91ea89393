"""README keeps its word: commands do and show what it says, excerpts and tables are those of the code."""

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from podium.core.errors import PodiumError

from .terminal import ROOT, newcomer, screen

README = (ROOT / "README.md").read_text()
VARYING = (  # what differs from run to run, from machine to machine, or by the order in which parallel steps end
    (r"[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}", "ID"),
    (r"\d{4}[-_]\d\d[-_]\d\d[-T]\S+", "TIME"),
    (r"\b\d+(\.\d+)?(ms|s)\b", "SECONDS"),
    (r"\b\d+\.\d{3}\b", "SECONDS"),
    (r"\d+\.\d+%", "ACCURACY"),
    (r"^  (completed|cached) .*", r"\1 STEPS"),
    (r" +", " "),
)


HUNGRY = """
from podium import ResourceSettings, pipeline, step

@step(settings={"resources": ResourceSettings(memory="100MB")})
def eat():
    return len(bytearray(10**9))

@pipeline
def hungry():
    eat()
"""


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", README, re.DOTALL | re.MULTILINE)


def session() -> list[tuple[str, str]]:
    """Commands of the console blocks in order, each with what it shows."""
    parts = re.split(r"^\$ (.*)\n", "".join(blocks("console")), flags=re.MULTILINE)
    return list(zip(parts[1::2], parts[2::2], strict=True))


def table(heading: str) -> list[list[str]]:
    """Cells of the table below a heading."""
    section = README.partition(f"\n## {heading}\n")[2].partition("\n## ")[0]
    rows = re.findall(r"^\| (.*) \|$", section, re.MULTILINE)
    return [[cell.strip(" `") for cell in row.split("|")] for row in rows[1:]]


def normal(shown: str) -> list[str]:
    for pattern, name in VARYING:
        shown = re.sub(pattern, name, shown, flags=re.MULTILINE)
    return sorted(line.strip() for line in shown.splitlines() if line.strip())


@pytest.fixture(scope="module")
def user(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    return newcomer(tmp_path_factory.mktemp("home"))


def test_commands_show_on_a_terminal_what_readme_shows(user: dict[str, str]):
    for command, shown in session():
        found = screen(command, user)
        assert normal(found) == normal(shown), f"{command}: if that is right: python -m tests.readme.refresh"


def test_results_of_the_shown_run_can_be_loaded(user: dict[str, str]):
    screen("podium run examples/digits.py", user)
    [program] = [block for block in blocks("python") if "Client()" in block]
    shown = subprocess.run([sys.executable, "-c", program], env=user, check=True, capture_output=True, text=True)
    assert "# Digits: svm" in shown.stdout


def test_excerpts_are_of_the_example():
    example = (ROOT / "examples" / "digits.py").read_text()
    excerpts = [block for block in blocks("python") if block.startswith("@")]
    assert len(excerpts) == 2
    assert all(excerpt in example for excerpt in excerpts)


@pytest.fixture(scope="module")
def flavor_shown(tmp_path_factory: pytest.TempPathFactory, docker_engine) -> Callable[[str], str]:
    """Return a function that types commands where README's flavor is, and returns what they say on stderr."""
    folder = tmp_path_factory.mktemp("flavor")
    shutil.copytree(ROOT / "examples", folder / "examples")
    [flavor] = [block for block in blocks("python") if "ContainersOrchestrator" in block]
    assert len(flavor.splitlines()) < 60
    (folder / "containers_flavor.py").write_text(flavor)
    (folder / "hungry.py").write_text(HUNGRY)
    user = {**newcomer(tmp_path_factory.mktemp("home")), "DOCKER_HOST": os.environ["DOCKER_HOST"]}

    def typed(commands: str) -> str:
        words = ["/bin/bash", "-c", commands]
        return subprocess.run(words, check=False, cwd=folder, env=user, capture_output=True, text=True).stderr

    return typed


def test_the_flavor_shown_runs_the_example_and_says_what_ended_a_step(flavor_shown: Callable[[str], str]):
    [commands] = [block for block in blocks("shell") if "containers_flavor" in block]
    assert ": 8 completed" in flavor_shown(commands)
    said = flavor_shown("podium run hungry.py --stack boxes --config examples/containers.yaml")
    assert re.search(r"eat: failed.*memory", said), said


def test_make_has_the_targets():
    block = blocks("shell")[0]
    for line in block.splitlines():
        words = shlex.split(line, comments=True)
        subprocess.run([*words, "--dry-run"], cwd=ROOT, check=True, capture_output=True)


@pytest.mark.parametrize("command", sorted(set(re.findall(r"`podium ([a-z -]+)`", README))))
def test_commands_named_in_the_text_exist(command: str):
    words = [sys.executable, "-m", "podium", *command.split(), "--help"]
    subprocess.run(words, check=True, capture_output=True)


def test_orchestrators_are_those_that_the_command_line_lists():
    command = [sys.executable, "-m", "podium", "orchestrator", "flavor", "list", "--output", "json"]
    flavors = json.loads(subprocess.run(command, check=True, capture_output=True).stdout)
    columns = ("name", "integration", "status", "notes")
    assert table("Orchestrators") == [[flavor[column] for column in columns] for flavor in flavors]


def test_exit_codes_are_those_of_the_errors():
    documented = {int(code) for code, _ in table("Exit codes")}
    assert documented == {0} | {cls.exit_code for cls in (PodiumError, *subclasses(PodiumError))}


def subclasses(cls: type[PodiumError]) -> list[type[PodiumError]]:
    return [found for child in cls.__subclasses__() for found in (child, *subclasses(child))]


def test_the_connector_shown_can_be_registered(tmp_path: Path, aws):
    [commands] = [block for block in blocks("shell") if "--auto-configure" in block]
    assert "s3://my-bucket" in commands
    commands = commands.replace("s3://my-bucket", "s3://things")
    keys = {name.upper(): value for name, value in aws.user("sts:*", "s3:*").items()}
    place = {"AWS_ENDPOINT_URL": aws.endpoint, "AWS_REGION": "us-east-1", "PODIUM_HOME": str(tmp_path / "podium")}
    user = {**newcomer(Path.home()), **keys, **place}
    subprocess.run(["/bin/bash", "-ec", commands], env=user, cwd=tmp_path, check=True, timeout=60)
    assert len([*(tmp_path / "podium").glob("*/*.yaml")]) == 2

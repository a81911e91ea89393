"""`podium config explain`."""

import json
import re
from pathlib import Path

import pytest

from podium.core.environment_variables import VARIABLES

SECRET = re.compile("PODIUM_SECRETS_[A-Z]+_[A-Z_]+")  # one value of a secret, by the user's own names
ROOT = Path(__file__).parents[2]
FOLDERS = ("cli", "core", "flavors", "connectors")


def explained(podium, name):
    return json.loads(podium(f"config explain {name} --output json").out)


def test_every_variable_that_the_code_names_is_explained():
    files = [*ROOT.glob("*.py"), *(file for folder in FOLDERS for file in (ROOT / folder).rglob("*.py"))]
    named = {
        name: str(file.relative_to(ROOT))
        for file in files
        for name in re.findall(r"(?<!\{)\bPODIUM_[A-Z][A-Z_]*[A-Z]\b", file.read_text())  # ${…} are Compose's own
    }
    assert {name: file for name, file in named.items() if name not in VARIABLES and not SECRET.match(name)} == {}
    code = "".join(file.read_text() for file in files if file.name != "environment_variables.py")
    assert [name for name in VARIABLES if name.startswith("PODIUM_") and name not in code] == []


def test_a_value_comes_from_the_environment_or_is_the_default(podium, monkeypatch):
    monkeypatch.setenv("PODIUM_IN_PROCESS", "1")
    found = explained(podium, "podium_in_process")
    assert (found["name"], found["value"], found["source"]) == ("PODIUM_IN_PROCESS", "1", "environment")
    found = explained(podium, "DOCKER_CONFIG")
    assert (found["value"], found["source"]) == ("~/.docker", "default")


def test_the_home_is_a_folder_wherever_it_comes_from(podium, monkeypatch, home, tmp_path):
    assert (explained(podium, "PODIUM_HOME")["value"], explained(podium, "PODIUM_HOME")["source"]) == (
        str(home),
        "environment",
    )
    monkeypatch.delenv("PODIUM_HOME")
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    monkeypatch.setenv("HOME", str(tmp_path))
    found = explained(podium, "PODIUM_HOME")
    assert (found["value"].startswith(str(tmp_path)), found["source"]) == (True, "default")


def test_the_stack_comes_from_environment_repository_active_stack_and_default_in_this_order(podium, monkeypatch, home):
    def stack():
        found = explained(podium, "PODIUM_STACK")
        return found["value"], found["source"]

    assert stack() == ("default", "default")
    podium("stack register chosen -o default -a default --set")
    assert stack() == ("chosen", str(home / "active.yaml"))
    podium("stack register pinned -o default -a default")
    podium("init --stack pinned")
    assert stack() == ("pinned", str(Path.cwd() / ".podium/config.yaml"))
    monkeypatch.setenv("PODIUM_STACK", "asked")
    assert stack() == ("asked", "environment")


@pytest.mark.parametrize("output", ["table", "json", "yaml"])
def test_a_secret_is_masked(podium, monkeypatch, output):
    monkeypatch.setenv("PODIUM_SECRETS_PASSPHRASE", "marker-secret")
    result = podium(f"config explain --output {output}")
    assert "********" in result.out
    assert "marker-secret" not in result.out + result.err


def test_an_unknown_variable_is_suggested(podium):
    result = podium("config explain PODIUM_STAK")
    assert (result.code, result.out) == (3, "")
    assert "did you mean 'PODIUM_STACK'" in result.err

"""What `--output json` of each command looks like: a promise to scripts, kept in `schemas/`."""

import json
import os
from pathlib import Path

import pytest
from every_command import call, commands, make_home
from jsonschema import Draft202012Validator
from servers.registry import registry

from podium.core.kinds import KINDS

SCHEMAS = Path(__file__).parent / "schemas"
WITH_OUTPUT = {
    words: command for words, command in commands().items() if any(param.name == "output" for param in command.params)
}
SAME = {
    "run": "runs show",
    "component flavor list": "flavor list",
    "image prune": "image list",
    "service-connector list-resources": "service-connector verify",
    "service-connector register": "service-connector verify",
    "service-connector update": "service-connector verify",
}
LOADS_A_FILE = ("run", "pipeline build")  # and a process loads one
OF_AN_ENGINE = ("pipeline build", "image list", "image prune")
FINDS_FAULTS = ("doctor", "stack check")  # and says so by exit code 1


def schema_file(words):
    """Return the schema of a command; the nouns of all kinds of component share theirs."""
    noun, _, verb = words.partition(" ")
    name = f"component {verb}" if noun in KINDS else words
    return SCHEMAS / f"{SAME.get(name, name).replace(' ', '-')}.json"


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """A home with one of everything, and a registry for the connector to reach."""
    folder = tmp_path_factory.mktemp("everything")
    with registry(folder / "registry", users={"alice": "right-4711"}) as address:
        yield folder, make_home(folder, registry=address)


@pytest.fixture(scope="session")
def engine_address(docker_engine):
    """Return the address of an engine; the home of everything names one that is not there."""
    return os.environ["DOCKER_HOST"]


@pytest.fixture
def everything(made, monkeypatch):
    folder, variables = made
    monkeypatch.chdir(folder)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)


@pytest.mark.parametrize("words", WITH_OUTPUT)
def test_json_is_what_the_schema_says(everything, engine_address, podium, process, monkeypatch, *, words):
    if words in OF_AN_ENGINE:
        monkeypatch.setenv("DOCKER_HOST", engine_address)
    if words.endswith(" get"):
        monkeypatch.setenv("PODIUM_STACK", "dev")  # which has a component of each kind
    line = [*call(words, WITH_OUTPUT[words]), "--output", "json"]
    if words in LOADS_A_FILE:
        shown = process(*line).stdout
    else:
        result = podium("", *line)
        assert (result.code == 0) or (result.code == 1 and words in FINDS_FAULTS), result.err
        shown = result.out
    Draft202012Validator(json.loads(schema_file(words).read_text())).validate(json.loads(shown))


def test_a_failed_run_looks_as_any_run_does(everything, podium):
    schema = json.loads(schema_file("runs show").read_text())
    shown = json.loads(podium("runs show failed --output json").out)
    Draft202012Validator(schema).validate(shown)
    assert shown["steps"][0]["error"]["message"] == "bad"


def test_one_variable_is_explained_as_all_are(podium):
    schema = json.loads(schema_file("config explain").read_text())
    Draft202012Validator(schema).validate(json.loads(podium("config explain CI --output json").out))


def test_names_are_one_to_a_line_and_nothing_else(everything, podium, monkeypatch):
    monkeypatch.setenv("PODIUM_STACK", "dev")
    for words, command in WITH_OUTPUT.items():
        if words not in LOADS_A_FILE:
            shown = podium("", *call(words, command), "--output", "names").out
            assert all(line.isprintable() and line == line.strip() for line in shown.split("\n"))


def closed(schema):
    """Say whether every object in a schema says which keys it may have."""
    if isinstance(schema, list):
        return all(closed(item) for item in schema)
    if not isinstance(schema, dict):
        return True
    is_open = "properties" in schema and schema.get("additionalProperties", True) is True
    return not is_open and all(closed(value) for value in schema.values())


@pytest.mark.parametrize("path", sorted(SCHEMAS.iterdir()), ids=lambda path: path.stem)
def test_each_schema_is_valid_used_and_closed(path):
    schema = json.loads(path.read_text())
    Draft202012Validator.check_schema(schema)
    assert closed(schema)
    assert path in {schema_file(words) for words in WITH_OUTPUT}

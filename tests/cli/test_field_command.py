"""Which words of a command line are podium's own options, and which are a flavor's fields."""

import json

import pytest
from typer.main import get_command

from podium.cli.build import build
from podium.cli.field_command import RESERVED, FieldCommand
from podium.cli.main import COMMANDS


@pytest.fixture
def registered(podium, nimbus):
    """Register an orchestrator with some words; return its record."""

    def register(*words):
        result = podium("orchestrator register far --flavor nimbus --region eu", *words)
        assert result.code == 0, result.err
        return json.loads(podium("orchestrator describe far --output json").out)

    return register


@pytest.mark.parametrize("field", ["secret", "key", "bucket"])
def test_a_field_may_have_any_name_that_is_no_option(registered, field):
    assert registered(f"--{field}", "x")["config"] == {"region": "eu", field: "x"}


@pytest.mark.parametrize("words", [["--config.connector=x"], ["--config.connector", "x"]])
def test_a_field_with_the_name_of_an_option_is_reached_by_config(registered, words):
    record = registered(*words)
    assert (record["config"], record["connector"]) == ({"region": "eu", "connector": "x"}, None)


def test_every_field_can_be_given_by_config(registered):
    assert registered("--config.key=x", "--config.secret=y")["config"] == {"region": "eu", "key": "x", "secret": "y"}


@pytest.mark.parametrize("option", ["--label", "-l", "--config.key=x --label"])
def test_own_options_are_podiums_between_fields(registered, option):
    record = registered("--secret", "s", *option.split(), "a=b", "--bucket=b")
    assert (record["labels"], record["config"]["secret"], record["config"]["bucket"]) == ({"a": "b"}, "s", "b")


def test_values_may_look_like_arguments_or_short_options(registered):
    config = registered("--secret", "name", "--key", "-fmy", "--bucket=--label")["config"]
    assert (config["secret"], config["key"], config["bucket"]) == ("name", "-fmy", "--label")


def test_own_options_are_known_in_both_spellings(podium, nimbus):
    result = podium("orchestrator register far --flavor nimbus --region eu --no_verify --resource_id=x")
    assert "--resource-id is a resource of a service connector" in result.err


@pytest.mark.parametrize(
    "line", ["--flavor nimbus --help", "--help --flavor=nimbus", "-h -f nimbus", "far --region=eu --help -f nimbus"]
)
def test_help_lists_the_fields_of_the_flavor_beside_it(podium, nimbus, files, line):
    result = podium(f"orchestrator register {line}")
    assert (result.code, result.err) == (0, "")
    lines = result.out.partition("Fields of flavor nimbus:\n")[2].splitlines()
    assert "--region str" in lines[1]
    assert lines[1].endswith("Where it runs.  [required]")
    assert lines[2].endswith("What lets one in.  [secret]")
    assert "--mode slow | fast" in result.out
    assert "[default: slow]" in result.out
    assert "--config.connector str" in result.out
    assert files() == []


def test_help_without_a_flavor_lists_podiums_options_only(podium):
    result = podium("orchestrator register --help")
    assert result.code == 0
    assert "Fields of" not in result.out


@pytest.mark.parametrize(("flavor", "reason"), [("vertex", "is planned"), ("locl", "did you mean 'local'?")])
def test_help_beside_a_flavor_without_fields_says_why(podium, flavor, reason):
    result = podium(f"orchestrator register --flavor {flavor} --help")
    assert result.code == 0
    assert reason in result.out.partition(f"Fields of flavor {flavor}:")[2]


def test_every_option_beside_fields_is_known_as_one():
    """A field of the same name is then shown as `--config.name`."""
    commands = [get_command(build([word])) for word in COMMANDS]
    options = set()
    while commands:
        command = commands.pop()
        commands += getattr(command, "commands", {}).values()
        if isinstance(command, FieldCommand):
            options |= {name for param in command.params for name in param.opts if name.startswith("--")}
    assert options <= RESERVED
    assert "--flavor" in options

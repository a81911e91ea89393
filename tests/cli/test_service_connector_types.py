import json
import subprocess
import sys

import pytest

from podium.core.connectors.types import TYPES


@pytest.fixture
def connector(process):
    """Run a verb of service connectors in a process of its own, with stdin closed."""
    return lambda line, *more, **options: process("service-connector", *line.split(), *more, **options)


def test_types_are_listed_in_80_columns(nimbus, connector):
    assert connector("list-types --type nimbus").stdout.splitlines() == [
        "NAME                      TYPE    RESOURCE TYPES  AUTH METHODS  LOCAL  REMOTE",
        "Nimbus Service Connector  nimbus  nimbus-account  token         yes    yes",
        "                                  nimbus-bucket   session",
        "                                                  key",
    ]
    assert max(map(len, connector("list-types").stdout.splitlines())) == 80


def test_a_narrow_terminal_breaks_lines_between_words(nimbus, connector, monkeypatch):
    monkeypatch.setenv("COLUMNS", "70")
    assert connector("list-types --type nimbus").stdout.splitlines() == [
        "NAME               TYPE    RESOURCE TYPES  AUTH METHODS  LOCAL  REMOTE",
        "Nimbus Service     nimbus  nimbus-account  token         yes    yes",
        "Connector                  nimbus-bucket   session",
        "                                           key",
    ]


def test_types_of_other_packages_are_among_them(nimbus, connector):
    assert connector("list-types --output names").stdout.split() == sorted([*TYPES, "nimbus"])


@pytest.mark.parametrize(
    ("options", "types"),
    [
        ("-t nimbus", "nimbus"),
        ("-r nimbus-bucket", "nimbus"),
        ("--resource-type docker-registry", "aws docker"),
        ("-a session", "nimbus"),
        ("-a ed25519-key", "hyperai"),
        ("-t docker -a session", ""),
    ],
)
def test_types_are_chosen_by_what_they_have(nimbus, podium, options, types):
    assert podium(f"service-connector list-types {options} --output names").out.split() == types.split()


def test_a_package_that_is_broken_does_not_hide_the_others(nimbus, podium, tmp_path, monkeypatch):
    info = tmp_path / "broken-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: broken\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text("[podium.connectors]\nbroken = broken_connector:Broken\n")
    monkeypatch.syspath_prepend(tmp_path)
    done = podium("service-connector list-types --output names")
    assert "nimbus" in done.out.split()
    assert "type 'broken' cannot be imported" in done.err


def test_a_type_is_described_with_the_fields_of_each_method(nimbus, podium):
    shown = json.loads(podium("service-connector describe-type nimbus --output json").out)
    assert shown["auto_configure"] is True
    assert shown["resource_types"][1] == {"name": "nimbus-bucket", "instances": True, "help": "A bucket, by its name."}
    session = shown["auth_methods"][1]
    assert (session["name"], session["expires"]) == ("session", True)
    assert [(field["name"], field["required"], field["secret"]) for field in session["fields"]] == [
        ("url", True, False),
        ("token", True, True),
        ("zones", False, False),
        ("session", True, True),
    ]


def test_a_description_for_people_has_methods_of_the_same_fields_together(nimbus, connector):
    shown = connector("describe-type nimbus").stdout
    assert "Fields of token, key:" in shown
    assert "Fields of session:" in shown
    assert max(map(len, shown.splitlines())) <= 80


@pytest.mark.parametrize(
    ("line", "code", "message"),
    [
        ("describe-type nimbus -a tokn", 3, "did you mean 'token'?"),
        ("describe-type nimbus -r bucket", 3, "did you mean 'nimbus-bucket'?"),
        ("describe-type nimbs", 3, "did you mean 'nimbus'?"),
        ("describe-type azure", 2, "planned"),
        ("list-types -t azure", 2, "planned"),
    ],
)
def test_what_there_is_not_is_said(nimbus, podium, line, code, message):
    done = podium(f"service-connector {line}")
    assert (done.code, done.out) == (code, "")
    assert message in done.err


def test_help_of_register_shows_the_fields_of_the_type(nimbus, connector):
    shown = connector("register -t nimbus --help").stdout
    assert "Fields of token, key:" in shown
    assert "--session" in shown
    assert connector("register --help -t nimbus").stdout == shown


def test_nothing_heavy_is_loaded_to_list_connectors(nimbus, process, home):
    folder = home / "service-connectors"
    folder.mkdir(parents=True)
    for number in range(20):
        (folder / f"c{number}.yaml").write_text("type: nimbus\nauth_method: token\nexpires_at: '2100-01-01'\n")
    code = (
        "import sys; from podium.cli.main import run; run(['service-connector', 'list']);"
        "print(sorted({'pydantic', 'keyring', 'cryptography', 'nimbus_connector', 'rich'} & {*sys.modules}))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "[]"
    assert len(done.stdout.splitlines()) == 22

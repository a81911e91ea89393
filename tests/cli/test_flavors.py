"""The flavors of a kind: listed, described, registered from the user's own code."""

import json
import sys
from pathlib import Path

import pytest

OWN = """
from podium.core.contracts.component import Settings
from podium.core.contracts.orchestrator import Capabilities, Orchestrator

class Config(Settings):
    colour: str = "red"

class Own(Orchestrator[Config]):
    flavor = "own"
    config_class = Config
    capabilities = Capabilities(granularity="step")

class Same(Own):
    flavor = "local"

class Bad(Own):
    flavor = "a b"

class Nameless(Orchestrator[Config]):
    pass

not_a_class = 1
"""


@pytest.fixture
def own(tmp_path):
    """Write a module with flavors into the working directory."""
    module = f"own_{abs(hash(tmp_path))}"  # a name that no other test has imported
    Path(f"{module}.py").write_text(OWN, encoding="utf-8")
    yield module
    sys.modules.pop(module, None)


@pytest.fixture(autouse=True)
def path(monkeypatch):
    monkeypatch.setattr(sys, "path", [*sys.path])


@pytest.mark.parametrize("line", ["flavor list", "orchestrator flavor list"])
def test_flavors_are_listed_with_what_is_built(podium, line):
    rows = {
        row["name"]: row for row in json.loads(podium(f"{line} --output json").out) if row["kind"] == "orchestrator"
    }
    assert {"local", "hyperai", "vm_aws", "custom"} < rows.keys()
    assert rows["local"]["status"] == "built"
    assert rows["vm_aws"] == {
        "name": "vm_aws",
        "kind": "orchestrator",
        "integration": "skypilot[aws]",
        "status": "planned",
        "notes": "Runs your pipelines in AWS VMs using SkyPilot.",
    }


def test_describe_tells_all_about_each_field(podium, nimbus):
    found = json.loads(podium("orchestrator flavor describe nimbus --output json").out)
    assert found["connector_resource"] == "nimbus-bucket"
    assert found["connector_required"] is False
    assert found["source"] == "nimbus_flavors:NimbusOrchestrator"
    fields = {field["name"]: field for field in found["fields"]}
    assert fields["region"] == {
        "name": "region",
        "option": "--region",
        "type": "str",
        "required": True,
        "default": None,
        "secret": False,
        "help": "Where it runs.",
    }
    assert {name: field["type"] for name, field in fields.items()} == {
        "size": "int",
        "region": "str",
        "token": "str",
        "account": "str",
        "secret": "str",
        "key": "str",
        "env": "dict[str, str]",
        "hosts": "list[str]",
        "mode": "slow | fast",
        "connector": "str",
        "bucket": "str",
    }
    assert [name for name, field in fields.items() if field["secret"]] == ["token", "account"]
    assert (fields["mode"]["default"], fields["size"]["default"]) == ("slow", 1)
    assert fields["connector"]["option"] == "--config.connector"


def test_describe_as_a_table_fits_80_columns(podium, nimbus, monkeypatch):
    monkeypatch.setenv("COLUMNS", "80")
    out = podium("orchestrator flavor describe nimbus").out
    assert max(map(len, out.splitlines())) <= 80
    assert "--token str             What lets one in.  [secret]" in out


def test_a_planned_flavor_is_described_without_fields(podium):
    found = json.loads(podium("orchestrator flavor describe vertex --output json").out)
    assert (found["status"], found["fields"], found["source"]) == ("planned", [], None)


def test_an_unknown_flavor_suggests_a_known_one(podium):
    result = podium("orchestrator flavor describe vertx")
    assert result.code == 3
    assert "did you mean 'vertex'?" in result.err


@pytest.mark.parametrize("separator", [".", ":"])
def test_a_class_of_the_working_directory_becomes_a_flavor(podium, own, separator):
    assert podium(f"orchestrator flavor register {own}{separator}Own").err == "registered orchestrator flavor 'own'\n"
    assert podium(f"orchestrator flavor register {own}.Own").err == "unchanged: orchestrator flavor 'own'\n"
    assert podium("orchestrator register mine -f own --colour=blue").code == 0
    assert "own" in podium("orchestrator flavor list --output names").out.split()


def test_it_is_found_from_everywhere_afterwards(process, podium, own, tmp_path):
    podium(f"orchestrator flavor register {own}.Own")
    elsewhere = process("orchestrator", "register", "mine", "-f", "own", "--colour=blue", cwd=tmp_path)
    assert elsewhere.returncode == 0, elsewhere.stderr


def test_a_class_is_imported_from_the_root_of_the_repository(podium, own, monkeypatch):
    podium("init")
    Path("below").mkdir()
    monkeypatch.chdir("below")
    assert podium(f"orchestrator flavor register {own}.Own").code == 0


@pytest.mark.parametrize(
    ("kind", "attribute", "fault"),
    [
        ("orchestrator", "Absent", (2, "has no class 'Absent'")),
        ("orchestrator", "not_a_class", (2, "is not a class that extends Component")),
        ("artifact-store", "Own", (2, "does not extend ArtifactStoreFlavor")),
        ("container-registry", "Own", (2, "does not extend ContainerRegistry")),
        ("image-builder", "Own", (2, "does not extend ImageBuilder")),
        ("orchestrator", "Same", (5, "there is another orchestrator flavor 'local'")),
        ("orchestrator", "Bad", (2, "name 'a b' is not valid")),
        ("orchestrator", "Nameless", (2, "orchestrator flavor name '' is not valid")),
    ],
)
def test_what_is_no_flavor_is_refused(refused, own, kind, attribute, fault):
    result = refused(f"{kind} flavor register {own}.{attribute}")
    assert result.code == fault[0]
    assert fault[1] in result.err


@pytest.mark.parametrize(
    ("text", "message"), [("import nothing_of_that_name", "nothing_of_that_name"), ("1 /", "SyntaxError")]
)
def test_a_module_that_cannot_be_imported_says_why(podium, own, text, message):
    Path(f"{own}.py").write_text(text, encoding="utf-8")
    result = podium(f"orchestrator flavor register {own}.Own")
    assert result.code == 2
    assert message in result.err
    assert "Traceback" not in result.err


def test_a_flavor_is_deleted_once_no_component_is_of_it(podium, own):
    podium(f"orchestrator flavor register {own}.Own")
    podium("orchestrator register mine -f own")
    refused = podium("orchestrator flavor delete own --yes")
    assert refused.code == 5
    assert "the flavor of mine" in refused.err
    podium("orchestrator delete mine --yes")
    assert "add --yes" in podium("orchestrator flavor delete own").err
    assert podium("orchestrator flavor delete own --yes").err == "deleted orchestrator flavor 'own'\n"
    assert "own" not in podium("orchestrator flavor list --output names").out.split()


@pytest.mark.parametrize("name", ["local", "nimbus"])
def test_flavors_that_come_with_packages_are_not_deleted(podium, nimbus, name):
    result = podium(f"orchestrator flavor delete {name} --yes")
    assert result.code == 5
    assert "was not registered here" in result.err

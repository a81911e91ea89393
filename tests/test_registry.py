import sys

import pytest

from podium.core import registry
from podium.core.contracts.orchestrator import Orchestrator
from podium.core.errors import MissingToolError, NotFoundError, PodiumError, UsageError
from podium.core.kinds import KINDS

MISSION = (
    "local local_docker kubernetes kubeflow vertex sagemaker azureml tekton airflow "
    "vm_aws vm_gcp vm_azure hyperai ssh runai lightning custom"
)


@pytest.fixture
def distribution(tmp_path, monkeypatch):
    """An installed package with orchestrators: a good one, one without its library, one that is not a class."""
    info = tmp_path / "nimbus-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: nimbus\nVersion: 1.0\n", encoding="utf-8")
    (info / "entry_points.txt").write_text(
        "[podium.orchestrators]\nnimbus = nimbus_orchestrator:Nimbus\nbroken = nimbus_broken:Broken\n"
        "absent = nimbus_orchestrator:Absent\nplain = nimbus_orchestrator:plain\n",
        encoding="utf-8",
    )
    (tmp_path / "nimbus_orchestrator.py").write_text(
        "from podium.core.contracts.orchestrator import Orchestrator\n"
        "class Nimbus(Orchestrator):\n    flavor = 'nimbus'\n"
        "def plain(): ...\n",
        encoding="utf-8",
    )
    (tmp_path / "nimbus_broken.py").write_text("import nimbus_sdk_that_is_not_installed\n", encoding="utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    yield
    sys.modules.pop("nimbus_orchestrator", None)


def test_the_overview_has_every_orchestrator_of_the_mission():
    assert list(registry.flavors("orchestrator")) == MISSION.split()


@pytest.mark.parametrize("kind", KINDS)
def test_every_flavor_said_to_be_built_loads(kind):
    built = [info.name for info in registry.flavors(kind).values() if info.status == "built"]
    assert [registry.load(kind, name).flavor for name in built] == built


def test_local_flavors_are_built():
    assert registry.flavors("orchestrator")["local"].status == "built"
    assert registry.flavors("artifact-store")["local"].status == "built"


def test_another_package_adds_a_flavor(distribution):
    assert registry.flavors("orchestrator")["nimbus"].integration == "nimbus"
    assert issubclass(registry.load("orchestrator", "nimbus"), Orchestrator)


def test_a_flavor_whose_library_is_missing_names_the_package(distribution):
    with pytest.raises(MissingToolError) as caught:
        registry.load("orchestrator", "broken")
    assert "nimbus_sdk_that_is_not_installed" in str(caught.value)
    assert "nimbus" in (caught.value.hint or "")


@pytest.mark.parametrize("name", ["absent", "plain"])
def test_an_entry_point_that_is_no_component_is_refused(distribution, name):
    with pytest.raises(PodiumError, match=f"flavor '{name}'"):
        registry.load("orchestrator", name)


def test_an_unknown_flavor_suggests_a_known_one():
    with pytest.raises(NotFoundError) as caught:
        registry.load("orchestrator", "kubernets")
    assert "did you mean 'kubernetes'" in (caught.value.hint or "")


def test_a_planned_flavor_says_so():
    with pytest.raises(UsageError, match="planned"):
        registry.load("orchestrator", "custom")


def test_the_virtual_machines_share_their_familys_settings_key():
    assert registry.settings_keys("vm_gcp") == ("orchestrator", "orchestrator.skypilot", "orchestrator.vm_gcp")
    assert registry.settings_keys("local") == ("orchestrator", "orchestrator.local")

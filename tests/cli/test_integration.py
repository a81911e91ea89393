"""`podium integration`, installing small wheels that the tests build into environments that the tests make."""

import json
import subprocess
from importlib.metadata import metadata

import offline
import pytest

from podium.core.connectors.types import TYPES, load_type
from podium.core.integrations.catalog import INTEGRATIONS, find, requirements
from podium.core.overview import OVERVIEW


@pytest.fixture(scope="session")
def wheels(tmp_path_factory):
    folder = tmp_path_factory.mktemp("wheels")
    offline.wheel(folder, "runapy", "1.224.0")
    offline.wheel(folder, "lightning_sdk", "2026.9.1", "Requires-Dist: runapy")
    offline.wheel(folder, "podium", "99.0", "Provides-Extra: runai", "Requires-Dist: runapy; extra == 'runai'")
    extras = [f"Provides-Extra: {cloud}" for cloud in ("aws", "azure", "gcp")]
    needs = [f"Requires-Dist: sky{cloud}; extra == '{cloud}'" for cloud in ("aws", "azure")]  # there is no skyazure
    offline.wheel(folder, "skypilot", "0.14.1", *extras, *needs)
    offline.wheel(folder, "skyaws", "1.0")
    return folder


@pytest.fixture(params=["pip", "uv"])
def environment(request, tmp_path, wheels):
    """Give the interpreter of an environment of its own, with this one's packages, and what it runs with."""
    return offline.environment(tmp_path / "environment", wheels, *([offline.UV] if request.param == "uv" else []))


@pytest.fixture
def installing(environment):
    """Run a command in that environment."""
    python, variables = environment

    def call(*args, code=0):
        command = [python, "-m", "podium", "integration", *args]
        done = subprocess.run(
            command, env=variables, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60, check=False
        )
        assert done.returncode == code, done.stderr
        return done

    call.has = lambda module: (
        not subprocess.run([python, "-c", f"import {module}"], capture_output=True, check=False).returncode
    )
    call.listed = lambda: {row["name"]: row for row in json.loads(call("list", "--output", "json").stdout)}
    return call


def test_every_extra_but_those_for_development_is_an_integration():
    extras = {name.replace("-", "_") for name in metadata("podium").get_all("Provides-Extra")}
    own = {name for name in extras if name.startswith("connectors_")} | {"dev", "examples"}
    assert extras - own == set(INTEGRATIONS)
    assert all(requirements(each) for each in INTEGRATIONS.values())


def test_what_flavors_and_connectors_ask_for_can_be_installed():
    asked = {info.integration for infos in OVERVIEW.values() for info in infos if info.status != "planned"}
    asked |= {load_type(name).integration for name in TYPES}
    assert asked - {"built-in", ""} <= set(INTEGRATIONS)


def test_an_integration_is_installed_used_and_uninstalled(installing):
    assert not installing.listed()["runai"]["installed"]
    done = installing("install", "runai")
    assert (done.stdout, done.stderr) == ("", "installed runai: runapy 1.224.0\n")
    assert installing.listed()["runai"] == {
        "name": "runai",
        "installed": True,
        "packages": {"runapy": "1.224.0"},
        "for": "Run:AI workloads.",
    }
    assert installing.has("runapy")
    assert "uninstalled runapy" in installing("uninstall", "runai", "--yes").stderr
    assert not installing.has("runapy")
    assert installing("uninstall", "runai", "--yes", code=3).stderr.startswith("error: integration 'runai' is not")


def test_podium_itself_is_never_replaced(installing):
    installing("install", "runai", "lightning")
    installing("upgrade", "runai")
    assert installing.listed()["runai"]["installed"]  # and not by podium 99.0, whose list would have no such row


def test_what_others_need_is_kept(installing):
    installing("install", "runai", "lightning")
    refused = installing("uninstall", "runai", "--yes", code=5)
    assert "runapy is needed by lightning-sdk" in refused.stderr.replace("_", "-")
    assert installing.has("runapy")
    installing("uninstall", "runai", "lightning", "--yes")
    assert not installing.has("runapy")


def test_skypilot_gets_an_environment_of_its_own(installing, home):
    installing("install", "vm-aws")
    assert not installing.has("sky" + "pilot")
    listed = installing.listed()
    assert (listed["vm_aws"]["packages"], listed["vm_gcp"]["installed"]) == ({"skypilot": "0.14.1"}, True)
    assert not listed["vm_azure"]["installed"]
    assert home.stat().st_mode & 0o777 == 0o700
    shared = installing("uninstall", "vm_aws", "--yes", code=5)
    assert shared.stderr.endswith("hint: podium integration uninstall vm_aws vm_gcp\n")
    installing("uninstall", "vm_aws", "vm_gcp", "--yes")
    assert list((home / "integrations").iterdir()) == []


def test_a_failing_installer_leaves_no_half_environment_behind(installing, home):
    failed = installing("install", "vm_azure", "--yes", code=1)
    assert "install failed with exit code" in failed.stderr
    assert list((home / "integrations").iterdir()) == []


def test_requirements_are_what_the_extras_say(podium):
    assert podium("integration requirements vm-aws --output names").out == "skypilot[aws]>=0.14\n"
    rows = json.loads(podium("integration requirements --output json").out)
    assert {row["name"] for row in rows} == set(INTEGRATIONS)
    assert {str(needed) for needed in requirements(find("aws"))} == {
        row["requirement"] for row in rows if row["name"] == "aws"
    }


@pytest.mark.parametrize("verb", ["install", "upgrade", "uninstall", "requirements"])
def test_an_unknown_integration_is_suggested(podium, verb):
    result = podium(f"integration {verb} dokcer")
    assert (result.code, result.err) == (3, "error: there is no integration 'dokcer'\nhint: did you mean 'docker'?\n")


def test_nothing_is_uninstalled_unasked(podium):
    result = podium("integration uninstall docker")
    assert (result.code, result.err.endswith("hint: add --yes\n")) == (2, True)

"""`import podium` costs nothing, and its names and aliases are the things themselves."""

import importlib
import subprocess
import sys

import pytest

import podium
from podium.core.execution.events import RunState, StepState
from podium.core.sdk.enums import ExecutionMode, ExecutionStatus
from podium.core.spec import EXECUTION_MODES

HEAVY = {"pydantic", "yaml", "numpy", "rich", "typer", "asyncio", "blake3", "cloudpickle", "importlib.metadata", "ast"}


def modules_after(statement):
    program = f"import sys; before = set(sys.modules)\n{statement}\nprint(*set(sys.modules) - before)"
    return set(subprocess.check_output([sys.executable, "-c", program], text=True).split())


def test_importing_podium_imports_nothing_else():
    assert modules_after("import podium") == {"podium"}


def test_decorating_loads_nothing_heavy():
    loaded = modules_after(
        "from podium import pipeline, step\n"
        "@step(retry={'max_retries': 1}, settings={'resources': {'gpu_count': 1}})\n"
        "def train(rate: float) -> float: ...\n"
        "@pipeline\n"
        "def flow(): ..."
    )
    assert "podium.core.sdk.step" in loaded
    assert not {name for name in loaded if name in HEAVY - {"ast"}}
    assert not {"podium.core.spec", "podium.core.sdk.trace", "podium.core.sdk.settings"} & loaded


def test_every_public_name_resolves_and_is_listed():
    assert all(getattr(podium, name) is not None for name in podium.__all__)
    assert set(podium.__all__) <= set(dir(podium))
    assert podium.__all__ == sorted(podium.__all__)


def test_an_unknown_name_is_an_attribute_error():
    with pytest.raises(AttributeError, match="'stepp'"):
        podium.stepp  # noqa: B018 - the access is under test


@pytest.mark.parametrize(
    ("alias", "real"),
    [
        ("podium.client", "podium.core.sdk.client"),
        ("podium.config", "podium"),
        ("podium.config.schedule", "podium.core.sdk.schedule"),
        ("podium.enums", "podium.core.sdk.enums"),
        ("podium.logger", "podium.core.sdk.logger"),
        ("podium.materializers", "podium.core.contracts.materializer"),
        ("podium.integrations.local.flavors.local_orchestrator_flavor", "podium.flavors.local"),
    ],
)
def test_an_alias_is_the_very_module(alias, real):
    assert importlib.import_module(alias) is importlib.import_module(real)
    assert importlib.import_module(real).__spec__.name == real


def test_a_class_imported_by_an_alias_is_the_public_one():
    from podium.config import Schedule

    assert Schedule is podium.Schedule
    assert Schedule.__module__ == "podium.core.sdk.schedule"


@pytest.mark.parametrize(
    "name",
    [
        "podium.flavors.runai",
        "podium.integrations.runai.flavors.runai_orchestrator_flavor",
        "podium.integrations.skypilot.flavors.skypilot_orchestrator_flavor",
    ],
)
def test_a_planned_flavor_says_that_it_is_planned(name):
    with pytest.raises(ModuleNotFoundError, match="is planned, but this podium does not have it yet"):
        importlib.import_module(name)


@pytest.mark.parametrize("name", ["podium.nothing", "podium.flavors.nothing", "podium.config.nothing"])
def test_any_other_name_is_not_found(name):
    with pytest.raises(ModuleNotFoundError, match="No module named"):
        importlib.import_module(name)


def test_enumerations_have_the_words_that_podium_uses():
    assert [mode.value for mode in ExecutionMode] == list(EXECUTION_MODES)
    assert {status.value for status in ExecutionStatus} == {*StepState.__args__, *RunState.__args__}
    assert ExecutionMode.FAIL_FAST == "fail_fast"

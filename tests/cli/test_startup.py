import subprocess
import sys

import pytest

from podium import __version__
from podium.cli.help_text import HELP
from podium.cli.main import COMMANDS
from podium.cli.render_help import rendered
from podium.core.store.config_store import ConfigStore
from podium.core.store.records import ComponentRecord

ASYNCIO = {"asyncio"} if sys.version_info >= (3, 11) else set()  # the last filelock for Python 3.10 loads it
NEVER = ASYNCIO | {"keyring", "rich", "numpy", "pandas", "platformdirs", "multiprocessing"}
NOT_TO_READ = {"filelock", "importlib.metadata", "pydantic", "tempfile"}
# Of the standard library.
SLOW = {"dataclasses", "datetime", "inspect", "shutil", "string", "tempfile", "threading", "tokenize"}
NOT_TO_RUN = NEVER | SLOW | {"importlib.metadata", "pydantic", "typer", "uuid", "yaml"}
MODULES = """
import sys
from podium.__main__ import main
code = main()
print(code, *sorted(sys.modules), file=sys.stderr)
"""


@pytest.fixture(autouse=True)
def as_users_have_it(monkeypatch, tmp_path):
    """Have the places of what podium keeps found as they are without its own variable."""
    monkeypatch.delenv("PODIUM_HOME")
    for name in ("XDG_CONFIG_HOME", "XDG_DATA_HOME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))


def modules(*args):
    """Run a command in a new interpreter; return its output and the modules it loaded."""
    command = [sys.executable, "-c", MODULES, *args]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=30)
    code, *loaded = done.stderr.splitlines()[-1].split()
    assert code == "0"
    return done.stdout, set(loaded)


@pytest.mark.parametrize("args", [["--version"], ["version"]])
def test_the_version_is_answered_without_importing_anything(args):
    out, loaded = modules(*args)
    assert out == f"podium {__version__}\n"
    assert {name for name in loaded if name.startswith("podium")} == {"podium", "podium.__main__"}


@pytest.mark.parametrize("args", [[], ["--help"], ["-h"]])
def test_the_help_is_answered_without_typer(args):
    out, loaded = modules(*args)
    assert out == HELP
    assert loaded & {"typer", "podium.cli.main"} == set()


def test_the_ready_made_help_is_what_typer_prints(podium, monkeypatch):
    assert rendered() == HELP, "run: python -m podium.cli.render_help > cli/help_text.py"
    monkeypatch.setenv("COLUMNS", "80")
    assert podium("--debug --help").out == HELP


def test_version_through_typer_is_the_same(podium):
    assert podium("--debug --version").out == podium("version").out == f"podium {__version__}\n"


@pytest.mark.parametrize(
    "args", [["stack", "list"], ["stack", "get"], ["orchestrator", "list"], ["stack", "describe"], ["status"]]
)
def test_reading_the_store_loads_nothing_heavy(args):
    store = ConfigStore()
    for number in range(3):
        store.components("orchestrator").add(ComponentRecord("orchestrator", f"o{number}", "local"))
    _, loaded = modules(*args)
    flavors = {name for name in loaded if name.startswith(("podium.flavors", "podium.connectors"))}
    assert loaded & (NEVER | NOT_TO_READ) | flavors == set()


@pytest.mark.parametrize("args", [["flavor", "list"], ["orchestrator", "register", "fast", "--flavor", "local"]])
def test_commands_about_flavors_load_no_more_than_they_need(args):
    _, loaded = modules(*args)
    assert loaded & (NEVER | {"pydantic"}) == set()


def test_running_on_the_default_stack_loads_nothing_heavy(tmp_path):
    (tmp_path / "work" / "flow.py").write_text("""
from typing import Literal
from podium import DockerSettings, ResourceSettings, pipeline, step

@step(settings={"resources": ResourceSettings(cpu_count=0.5)})
def one(layers: list[int], rates: dict[str, float | None], kind: Literal["a", "b"]) -> int:
    return 1

DOCKER = DockerSettings(requirements=["torch"], apt_packages=["git"], environment={"A": "b"})

@pipeline(settings={"orchestrator.local": {"max_parallel_steps": 2}, "docker": DOCKER})
def flow():
    one([1, 2], {"first": 0.5}, "a")
""")
    _, loaded = modules("run", "-q", "flow.py")
    assert loaded & (NOT_TO_RUN | {"ctypes"}) == set()


def test_running_on_a_registered_stack_checks_its_configuration_without_pydantic(tmp_path):
    (tmp_path / "work" / "flow.py").write_text("""
from podium import pipeline, step

@step
def one() -> int:
    return 1

@pipeline
def flow():
    one()
""")
    modules("orchestrator", "register", "two", "--flavor", "local", "--max_parallel_steps", "2")
    modules("artifact-store", "register", "here", "--flavor", "local", "--path", str(tmp_path / "store"))
    modules("stack", "register", "mine", "-o", "two", "-a", "here", "--set")
    _, loaded = modules("run", "-q", "flow.py")
    assert loaded & (NOT_TO_RUN - {"yaml", "datetime"}) == set()
    assert (tmp_path / "store" / "runs").is_dir()


def test_a_worker_loads_nothing_heavy_for_the_settings_in_its_file(tmp_path):
    (tmp_path / "work" / "flow.py").write_text("""
import sys
from pathlib import Path
from podium import ResourceSettings, StepRetryConfig, pipeline, step
from podium.flavors.local import LocalSettings

RESOURCES = ResourceSettings(cpu_count=1)

@step(settings={"resources": RESOURCES}, retry=StepRetryConfig(max_retries=1))
def one(layers: list[int]):
    Path("loaded").write_text(" ".join(sys.modules))

@pipeline(settings={"orchestrator": LocalSettings(fresh_processes=True)})
def flow():
    one([1, 2])
""")
    modules("run", "-q", "flow.py")
    loaded = set((tmp_path / "work" / "loaded").read_text().split())
    assert "podium.core.sdk.settings" in loaded
    assert loaded & NOT_TO_RUN == set()


@pytest.mark.parametrize("word", COMMANDS)
def test_each_word_is_a_command_of_its_module(podium, word):
    result = podium(f"{word} --help")
    assert (result.code, result.err) == (0, "")
    assert result.out.startswith(f"Usage: podium {word} ")
